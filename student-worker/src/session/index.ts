/** The session with the coordinator: assignments in, reports out, and how long the worker waits for a peer. */
export { type AssignmentKey, decideAssignment } from './assignment-decision.js';
export { StudentMetrics } from './metrics.js';
export { isGivenUp, type Patience, patiently } from './patience.js';
export { ReportOutbox } from './report-outbox.js';
export { holdSession } from './session.js';
export { doneReport, failedReport, progressReport } from './training-reports.js';
export { coordinatorError, troubleOf } from './trouble.js';
