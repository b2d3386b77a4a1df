/** Runs as text and as documents: a list of runs, one run, its history and its cost. */
export { costText } from './cost-text.js';
export { historyLines, lossesOf, lossLine, teacherHistoryLines } from './history-lines.js';
export { runDocument } from './run-document.js';
export { runListLines, runPageLines, runTableLines } from './run-table.js';
export { degradedText, isNews, isPaused, pauseAdvice, plainLine } from './run-view.js';
