/** The worker's side of the session with the coordinator: reports, desired state, decisions, metrics. */
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
