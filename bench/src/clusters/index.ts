/** Benches of whole runs, in clusters of real processes. */
export { capacity } from './capacity.js';
export { colocated } from './colocated.js';
export { dashboard } from './dashboard.js';
export { memory } from './memory.js';
export { remoteTeachers } from './remote-teachers.js';
export { storedEpoch } from './stored-epoch.js';
export { teacherKills } from './teacher-kills.js';
