import type { PinnedTeacher } from '../runs/index.js';

/** What needs teachers besides runs: an ensemble's evaluation, a check of stored answers, a reader of targets. */
export interface TeacherUser {
  /** Unique among them, and no run id. */
  readonly id: string;
  readonly teachers: readonly PinnedTeacher[];
  readonly dataset: { readonly digest: string; readonly path?: string | undefined };
  /** Why it waits, in words; empty: not known. */
  reason: string;
}
