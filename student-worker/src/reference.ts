/** What a reference of the program is written from: its command line and its metrics. */
export { studentWorkerCommand } from './command.js';
export { StudentMetrics } from './session/index.js';
