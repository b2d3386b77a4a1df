/** One file a kind of model, and the table of them: open, describe, answer, close. */
export type { LocalPlace } from './local-opener.js';
export { engineVersion, localTeachers } from './table.js';
export type { WorkerGpu } from './teacher-device.js';
