/** The connected workers: their hellos, the desired state of each, the run that each holds. */
export { type AssignmentName, isHeldBy, requireHolder } from './assignment-holder.js';
export { checkedHello } from './checked-hello.js';
export { StudentSession } from './student-session.js';
export { type LoadFailure, secondsPerSample, TeacherSession } from './teacher-session.js';
export { WorkerSessions } from './worker-sessions.js';
