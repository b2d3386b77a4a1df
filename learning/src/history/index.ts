/** What a run was like over its steps, in bounded memory. */
export { historyColumns, STEP_COLUMNS } from './columns.js';
export { type HistoryPart, StepHistory } from './step-history.js';
