/** Weights of teachers, and pools of their answers: the arithmetic that rules are made of. */
export { type AccuracyWeighting, accuracyWeights } from './accuracy-weights.js';
export { type ConfidenceWeighting, confidenceWeights, entropies } from './confidence-weights.js';
export {
  type DawidSkene,
  dawidSkene,
  dawidSkeneOfCounts,
  dawidSkenePosterior,
} from './confusions.js';
export { caMkdWeightsOfKnown, poolLogsOfKnown } from './known-classes-pool.js';
export { caMkdWeights, crossEntropies } from './label-weights.js';
export { mixtureEmStep, mixtureNll, mixtureRatios, mixtureWeights } from './mixture-weights.js';
export { poolPerClass } from './per-class-pool.js';
export {
  meanLogits,
  type PoolRule,
  pool,
  poolLogProbabilities,
  poolLogsWithShares,
  poolWithShares,
} from './pool.js';
export { standardizedLogits } from './standardized-logits.js';
export { majorityVote, voteFractions } from './vote-fractions.js';
