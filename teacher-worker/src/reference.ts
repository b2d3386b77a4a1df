/** What the program's reference pages are generated from: its command line and its metrics. */
export { teacherWorkerCommand } from './command.js';
export { TeacherMetrics } from './session/index.js';
