/**
 * Every way in which a run's record changes, as functions from record to record. Pure; each checks that the
 * way is open, and changes nothing where the record is there already or belongs to somebody else by now.
 */
export * from './assignment-changes.js';
export * from './end-changes.js';
export { knowledgeWarnings } from './knowledge-warnings.js';
export * from './pause-changes.js';
export * from './teacher-changes.js';
