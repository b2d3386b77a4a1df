/** Which workers' answers can be trusted: probes, canaries, quarantine, answers not proven yet. */
export { AnswerProofs, type StoredRecords } from './answer-proofs.js';
export type { ProbedSet, ProbeReference } from './asked-probes.js';
export { canarySamplesAllowed } from './asking-runs.js';
export { KeptProbes } from './kept-probes.js';
export { QuarantineStore } from './quarantine-store.js';
export type { Quarantine, Replica } from './replicas/index.js';
export type { TeacherCanaries } from './teacher-canaries.js';
export { type ReplicaOrders, TeacherHealth } from './teacher-health.js';
export {
  type SuspectRecords,
  type SuspectSamples,
  type Suspicion,
  UnprovenFile,
} from './unproven-file.js';
