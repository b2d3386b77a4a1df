/** What ends the asking of one teacher: a limit of calls, its failure, refusals in a row. Others are asked on. */
export { CallLimit, eachTeacher, OF_THE_CALL, type TeacherFailure } from './each-teacher.js';
export { Refusals } from './refusals.js';
