/** From what was kept to what a cluster is given, and what explanations were worth. */
export { explainedCounts } from './explained-text.js';
export { type TrainingSet, trainingSet } from './training-set.js';
export { type ExplanationsWorth, explanationsWorth, type SeedOutcome } from './worth.js';
