/** A run's two files, composed in a thread. */
import type { ReportInput } from '../report/report-input.js';
import { runTask } from '../runs/run-task.js';

export interface ReportFiles {
  /** JSON. */
  readonly report: Uint8Array;
  /** NPZ. */
  readonly predictions: Uint8Array;
}

export function composeReportFiles(input: ReportInput): Promise<ReportFiles> {
  return runTask<ReportInput, ReportFiles>(
    'server/report-task',
    input,
    `report of run ${input.runId}`,
  );
}
