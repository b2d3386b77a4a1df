/** What the program's reference pages are generated from: its command line and its metrics. */
export { studentWorkerCommand } from './command.js';
export { StudentMetrics } from './session/index.js';
