/** What the thread has that asks somebody else's models. */
import type { Outside } from '@lyceum/platform';

/** What endpoints have answered: classes by sample, of a set's view. They outlive the teacher, which may be loaded again. */
export type KeptAnswers = Map<string, Int32Array>;

export interface RemotePlace {
  readonly outside: Outside;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly kept: KeptAnswers;
}
