/** A run's two files, composed in a thread of its own. */
import type { ReportInput } from '../report/report-input.js';
import { runTask } from '../runs/thread-task.js';

export interface ReportFiles {
  /** JSON. */
  readonly report: Uint8Array;
  /** NPZ. */
  readonly predictions: Uint8Array;
}

export function composeReportFiles(input: ReportInput): Promise<ReportFiles> {
  return runTask<ReportInput, ReportFiles>(
    'server/report-thread',
    input,
    `report of run ${input.runId}`,
  );
}
