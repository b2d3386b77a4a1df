import type { PinnedTeacher } from '../runs/index.js';

/** A user of teachers that is no run: an ensemble's evaluation, a check of stored answers, a reader of targets. */
export interface TeacherUser {
  /** Unique among all teacher users, and no run id. */
  readonly id: string;
  readonly teachers: readonly PinnedTeacher[];
  readonly dataset: { readonly digest: string; readonly path?: string | undefined };
  /** Why the user waits, in words; empty: not known. */
  reason: string;
}
