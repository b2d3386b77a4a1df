/** Teachers that another program runs: nothing here loads an engine. */
export { remoteTeachers } from './table.js';
