/** The task of {@link composeReportFiles}: metrics over a large test split take seconds. */
import { composePredictions } from '../report/compose-predictions.js';
import { composeReport } from '../report/compose-report.js';
import type { ReportInput } from '../report/report-input.js';
import type { ReportFiles } from './report-files.js';

export function task(input: ReportInput): ReportFiles {
  return {
    report: Buffer.from(JSON.stringify(composeReport(input), undefined, 2)),
    predictions: composePredictions(input),
  };
}
