/** One file a kind of model: describe, answer, close. */
export { localTeachers } from './open-teacher.js';
