import type { PinnedTeacher } from '../runs/index.js';

/** Who needs teachers loaded beside the runs: an ensemble's evaluation, a check of stored answers, a reader of targets. */
export interface TeacherUser {
  /** Unique among them, and no run id. */
  readonly id: string;
  readonly teachers: readonly PinnedTeacher[];
  readonly dataset: { readonly digest: string; readonly path?: string | undefined };
  /** Why it waits, in words; empty: nobody knows. */
  reason: string;
}
