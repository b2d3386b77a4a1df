/** Teachers that somebody else runs: nothing here loads an engine. */
export { remoteTeachers } from './open-remote-teacher.js';
