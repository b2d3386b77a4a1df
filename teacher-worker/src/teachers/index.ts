/** Brings the loaded teachers, step by step, to the wanted ones. */
export { isPermanent } from './load-failure.js';
export { LoadedTeachers } from './loaded-teachers.js';
