/** Threads with teachers: calls in, answers out. Only remote teachers use the network here. */
export { joinedAnswers } from './answer-pieces.js';
export { type HeldFile, SetPictures, type SpanView } from './set-pictures.js';
export type {
  Answer,
  ComputeDevice,
  ComputeSettings,
  DatasetFile,
  RemoteSettings,
} from './teacher-calls.js';
export { TeacherCompute } from './teacher-compute.js';
export type { TicketSpan } from './ticket-span.js';
