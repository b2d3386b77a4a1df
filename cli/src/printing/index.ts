/** What people read: tables and lines, made of what the coordinator says. */
export { datasetText, modelText } from './artifact-description.js';
export { comparisonLines } from './comparison-lines.js';
export { costLines, costText, expenseLines } from './cost-lines.js';
export { curveText } from './curve.js';
export { ensembleLines } from './ensemble-lines.js';
export { findingsLines } from './findings-lines.js';
export { historyLines, lossesOf, lossLine, teacherHistoryLines } from './history-lines.js';
export {
  checkLines,
  collectedLines,
  estimateLines,
  unreadableLines,
  worthLines,
  writingCostLines,
  writingLines,
  writtenLines,
} from './imitation-lines.js';
export { importLines } from './import-lines.js';
export { reportLines } from './report-lines.js';
export { labelSelector } from './run-labels.js';
export { runListLines, runPageLines, runTableLines } from './run-table.js';
export { degradedText, isNews, isPaused, pauseAdvice, plainLine } from './run-view.js';
export { shardLines } from './shard-lines.js';
export { sweepLines } from './sweep-lines.js';
export {
  barText,
  bytesText,
  type Column,
  countText,
  durationText,
  percentText,
  tableLines,
} from './table.js';
export { teacherWorthLines } from './teacher-worth-lines.js';
