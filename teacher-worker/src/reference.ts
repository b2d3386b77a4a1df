/** What a reference of the program is written from: its command line and its metrics. */
export { teacherWorkerCommand } from './command.js';
export { TeacherMetrics } from './session/index.js';
