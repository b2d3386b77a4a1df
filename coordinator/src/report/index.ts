/** The report of a run, its findings and predictions, and the table of ensembles. Pure. */

export { composeFindings, type PredictedRows, type PredictionRows } from './compose-findings.js';
export type { ReportFiles } from './compose-predictions.js';
export { chooseRules, type EnsembleTableInput } from './ensemble-table.js';
export { markSuspect, type SuspectUse, suspectText } from './mark-suspect.js';
export type {
  MeasuredSplit,
  ReportInput,
  SplitLogits,
  StudentEvaluation,
  TeacherEvaluation,
} from './report-input.js';
