/** The ways to combine teachers, one file a rule or a weighting. */
export { type AccuracyWeighting, accuracyWeights } from './accuracy-weights.js';
export { adapterWeights } from './adapter-weights.js';
export { type ConfidenceWeighting, confidenceWeights, entropies } from './confidence-weights.js';
export { type DawidSkene, dawidSkene, dawidSkenePosterior } from './dawid-skene.js';
export { caMkdWeightsOfKnown, poolLogsOfKnown } from './known-classes-pool.js';
export { caMkdWeights, crossEntropies } from './label-weights.js';
export { majorityVote, voteFractions } from './majority-vote.js';
export { mixtureEmStep, mixtureNll, mixtureRatios, mixtureWeights } from './mixture-em.js';
export { poolPerClass } from './per-class-pool.js';
export {
  meanLogits,
  type PoolRule,
  pool,
  poolLogProbabilities,
  poolLogsWithShares,
  poolWithShares,
} from './pool.js';
export { quorumMean } from './quorum-mean.js';
export { poolSparse } from './sparse-pool.js';
export { standardizedLogits } from './standardized-logits.js';
