/** Asks teachers and takes their answers: the desk that issues tickets, the intake, the reading of stored answers. */
export { AnswerIntake } from './answer-intake.js';
export { readStored } from './read-logits.js';
export { SplitAnswers, splitGrid } from './split-answers.js';
export { TeacherQueues } from './teacher-queues.js';
export type { TeacherUser } from './teacher-user.js';
export { TicketDesk } from './ticket-desk.js';
