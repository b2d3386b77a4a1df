/** Runs side by side. */
import type { RunRow } from './runs.js';

export interface ComparisonFacts {
  readonly runs: readonly RunRow[];
  /** Figures of each run, in the order of `runs`; null: it has not succeeded. */
  readonly figures: readonly (ComparedFigures | null)[];
  /** Every other run against the first one, on the same test samples; empty where sets or states differ, and why. */
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
  /** Difference of accuracies, with its 95 % interval over test samples, and McNemar's p corrected by Holm. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
}
