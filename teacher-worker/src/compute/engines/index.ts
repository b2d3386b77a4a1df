/** The engines that compute here: one file for each kind of model, and the table of them. */
export type { LocalPlace } from './local-opener.js';
export { engineVersion, localTeachers } from './table.js';
export type { WorkerGpu } from './teacher-device.js';
