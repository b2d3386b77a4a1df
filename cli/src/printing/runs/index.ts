/** Runs as text: a list of them, one, its history, and what they have cost. */
export { costLines, costText, expenseLines } from './cost-lines.js';
export { historyLines, lossesOf, lossLine, teacherHistoryLines } from './history-lines.js';
export { runListLines, runPageLines, runTableLines } from './run-table.js';
export { degradedText, isNews, isPaused, pauseAdvice, plainLine } from './run-view.js';
