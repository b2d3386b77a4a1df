/** The world of a schedule: its settings, the clock, random numbers, the queue and the store. */
export { EventClock, SimulatedProcess } from './event-clock.js';
export { RandomStream } from './random-stream.js';
export { type Blow, SLOW_MS, scheduleSettings } from './schedule-settings.js';
export {
  otherAnswer,
  rightAnswer,
  SimulatedAnswers,
  type StoredAnswers,
} from './simulated-answers.js';
export {
  type ReadTarget,
  readTarget,
  SpanAskTable,
  teacherId,
  teacherOf,
} from './simulated-asks.js';
export { type Message, SimulatedQueue } from './simulated-queue.js';
export {
  isTroubled,
  type Machines,
  mishap,
  type RunRecord,
  type Suspicion,
  type Swap,
  samplesAt,
  travelMs,
  type World,
} from './world.js';
