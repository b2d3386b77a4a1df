/**
 * Text for people: tables and lines from the coordinator's answers. Import `imitation`, `runs` and `text` from
 * their own index files: most commands then load nothing of imitations, and those that only ask for runs nothing else.
 */
export { classCountLines, datasetText, modelText } from './artifact-description.js';
export { comparisonLines } from './comparison-lines.js';
export { costLines, expenseLines } from './cost-lines.js';
export { ensembleLines } from './ensemble-lines.js';
export { findingsLines } from './findings-lines.js';
export { importLines, shardLines } from './import-lines.js';
export { reportLines } from './report-lines.js';
export { sweepLines } from './sweep-lines.js';
export { teacherWorthLines } from './teacher-worth-lines.js';
