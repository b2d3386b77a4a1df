/** A run as TensorBoard reads it: event files of scalars. */
export { type Scalars, scalarsRecord, startRecords } from './event-file.js';
export { eventFileName } from './event-file-name.js';
export { historyScalars } from './history-scalars.js';
