/**
 * What people read: tables and lines, made of what the coordinator says. `runs` and `text` have doors of their own, since
 * commands that only ask for runs need nothing else.
 */
export { classCountLines, datasetText, modelText } from './artifact-description.js';
export { comparisonLines } from './comparison-lines.js';
export { costLines, expenseLines } from './cost-lines.js';
export { ensembleLines } from './ensemble-lines.js';
export { findingsLines } from './findings-lines.js';
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
export { importLines, shardLines } from './import-lines.js';
export { reportLines } from './report-lines.js';
export { sweepLines } from './sweep-lines.js';
export { teacherWorthLines } from './teacher-worth-lines.js';
