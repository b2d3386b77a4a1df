/** The session with the coordinator: what the worker says of itself, is told and decides, and what it is measured by. */
export {
  type HeldTeacher,
  nextStep,
  type Step,
  untilNextRetryMs,
  type WantedDataset,
  type WantedTeacher,
} from './decision.js';
export { InferenceReport } from './inference-report.js';
export { type FailedTeacher, teacherState, wantedTeacher } from './messages.js';
export { TeacherMetrics } from './metrics.js';
export type { Report, SessionLink } from './session-link.js';
