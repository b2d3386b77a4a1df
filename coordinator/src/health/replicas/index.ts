/** What is known of each replica, a teacher on a worker, and what follows from it: a state machine in parts. Pure. */
export type { Canaries } from './canaries.js';
export type { CanarySpending } from './canary-budgets.js';
export type { HealthEffect, Quarantine } from './health-effect.js';
export type { ProbeAnswer, ProbeReferences } from './probe-references.js';
export type { Replica } from './replica.js';
export { ReplicaHealth } from './replica-health.js';
export { NOBODY, type UnprovenAnswers } from './unproven-answers.js';
