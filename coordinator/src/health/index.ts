/** Which workers' answers can be trusted: probes, canaries, quarantine, answers not proven yet. */
export { AnswerProofs, type StoredRecords } from './answer-proofs.js';
export { KeptProbes } from './kept-probes.js';
export { QuarantineStore } from './quarantine-store.js';
export type { Replica } from './replica.js';
export type { Quarantine } from './replica-health.js';
export { canaryCallsAllowed, type ProbedSet, TeacherHealth } from './teacher-health.js';
export { UnprovenFile } from './unproven-file.js';
