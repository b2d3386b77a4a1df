/** The session with the coordinator: assignments in, reports out, and how long the worker waits for a peer. */
export { type AssignmentKey, decideAssignment } from './decision.js';
export { doneReport, failedReport, lostReport, progressReport } from './messages.js';
export { StudentMetrics } from './metrics.js';
export { isGivenUp, type Patience, patiently } from './patience.js';
export { type Report, ReportOutbox } from './report-outbox.js';
export { coordinatorError, troubleOf } from './trouble.js';
