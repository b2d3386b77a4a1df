/** Facts for a comparison of runs. */
import type { RunRow } from './runs.js';

export interface ComparisonFacts {
  readonly runs: readonly RunRow[];
  /** Figures of each run, in the order of `runs`; null: the run has not succeeded. */
  readonly figures: readonly (ComparedFigures | null)[];
  /**
   * Every other run against the first run, on the same test samples. Empty if the runs cannot be compared; then
   * `notCompared` says why.
   */
  readonly pairs: readonly ComparedPair[];
  readonly notCompared: string | null;
}

export interface ComparedFigures {
  readonly accuracy: number | null;
  readonly nll: number | null;
  readonly ece: number | null;
  readonly bytes: number;
  readonly latencyBatch1Ms: number;
  readonly wallSeconds: number;
  readonly deviceSeconds: number;
}

export interface ComparedPair {
  readonly reference: string;
  readonly run: string;
  /** Difference of accuracies, its 95 % interval over test samples, and McNemar's p with Holm's correction. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
}
