/** The session with the coordinator: what the worker says of itself and is told, and what it is measured by. */
export { InferenceReport } from './inference-report.js';
export { TeacherMetrics, teacherLabel } from './metrics.js';
export { Session } from './session.js';
export type { SessionLink } from './session-link.js';
