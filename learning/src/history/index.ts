/** What a run was like over its steps, in bounded memory. */
export {
  historyTeacherCount,
  NO_VALIDATION,
  STEP_COLUMNS,
  shownColumns,
  shownMeans,
  summedColumns,
  type TargetSums,
  targetSumColumns,
  targetSumValues,
  validationSums,
} from './columns.js';
export { HISTORY_BUCKETS, type HistoryPart, StepHistory } from './step-history.js';
