/**
 * Every change of a run's record, as functions from record to record. Pure. Each function checks that the transition
 * is allowed; it changes nothing if it was made already or the run has another owner by now.
 */
export * from './assignment-changes.js';
export * from './end-changes.js';
export { knowledgeWarnings } from './knowledge-warnings.js';
export * from './pause-changes.js';
export * from './teacher-changes.js';
