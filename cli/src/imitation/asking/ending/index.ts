/** Ends the asking of one teacher after a limit of calls, a failure or refusals in a row. Others are still asked. */
export { CallLimit, eachTeacher, OF_THE_CALL, type TeacherFailure } from './each-teacher.js';
export { Refusals } from './refusals.js';
