/** Documents that the server gives others: the report of a run, the table of an ensemble. Shapes only. */
export { type CheckpointPointer, parseCheckpointPointer } from './checkpoint-pointer.js';
export type { EnsembleRow, EnsembleTable } from './ensemble-document.js';
export {
  CONFUSED_PAIRS,
  CONFUSION_CLASSES,
  EXAMPLES,
  type Findings,
  FOUND_MODELS,
  type FoundExample,
  type ModelFindings,
  RELIABILITY_BINS,
  type ShownSample,
} from './findings.js';
export {
  type Report,
  type ReportFigures,
  type ReportModelRow,
  reportJsonSchema,
  reportSchema,
} from './report.js';
