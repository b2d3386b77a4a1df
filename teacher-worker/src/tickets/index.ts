/** Tickets and probes: taken, given to a thread in fair turns, answered over streams. */
export { AnswerDesk } from './answer-desk.js';
export { AnswerStream } from './answer-stream.js';
export { AnswerStreams } from './answer-streams.js';
export { FairTurns } from './fair-turns.js';
export { ProbeDesk } from './probe-desk.js';
export { type DeskTeacher, TicketDesk } from './ticket-desk.js';
export { TicketLane, TRAVELLING_MAX_COUNT } from './ticket-lane.js';
