/** Makes the data set and the teachers for a cluster from kept inputs, and measures the worth of explanations. */
export { explainedCounts } from './explained-text.js';
export { type TrainingSet, trainingSet } from './training-set.js';
export { type ExplanationsWorth, explanationsWorth, type SeedOutcome } from './worth.js';
