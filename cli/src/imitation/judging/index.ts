/** What was answered, judged by named rules: what is kept, what was found, and the page that shows it. */
export { checkPage } from './check-page.js';
export { judge } from './judge.js';
export { type KeptInput, keptText, readKept } from './kept-file.js';
export { type CheckSummary, summarise } from './summary.js';
