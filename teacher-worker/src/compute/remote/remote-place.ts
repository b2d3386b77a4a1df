/** The parts that the thread of remote teachers provides for all of them. */
import type { Outside } from '@lyceum/platform';
import type { KeptAnswers } from './kept-answers.js';

export interface RemotePlace {
  readonly outside: Outside;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly kept: KeptAnswers;
}
