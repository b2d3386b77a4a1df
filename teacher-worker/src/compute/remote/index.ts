/** Teachers that somebody else runs: nothing here loads an engine. */
export { remoteTeachers } from './table.js';
