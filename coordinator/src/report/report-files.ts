/** A run's two files. Metrics over a large test split take seconds: a thread composes them. */
import { composePredictions } from './compose-predictions.js';
import { composeReport } from './compose-report.js';
import type { ReportInput } from './report-input.js';

export interface ReportFiles {
  /** JSON. */
  readonly report: Uint8Array;
  /** NPZ. */
  readonly predictions: Uint8Array;
}

export function reportFiles(input: ReportInput): ReportFiles {
  return {
    report: Buffer.from(JSON.stringify(composeReport(input), undefined, 2)),
    predictions: composePredictions(input),
  };
}
