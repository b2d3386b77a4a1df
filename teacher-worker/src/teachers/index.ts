/** Which teachers are loaded, brought step by step to what is wanted. */
export type { WantedTeacher } from './desired-state.js';
export { isPermanent } from './load-failure.js';
export { LoadedTeachers } from './loaded-teachers.js';
export { teacherState, wantedTeacher } from './teacher-messages.js';
