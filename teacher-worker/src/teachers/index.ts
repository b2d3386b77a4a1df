/** Which teachers are loaded, brought step by step to what is wanted. */
export { isPermanent } from './load-failure.js';
export { LoadedTeachers } from './loaded-teachers.js';
