/** Ensemble rules, target plan, metrics and statistics, on plain arrays. Pure: no clock, no network, no TensorFlow. */
export * from './accuracy-weights.js';
export * from './adapter-weights.js';
export * from './calibration.js';
export * from './confidence-weights.js';
export * from './dawid-skene.js';
export * from './label-weights.js';
export * from './log-softmax.js';
export * from './majority-vote.js';
export * from './metrics.js';
export * from './min-norm-weights.js';
export * from './mixture-em.js';
export * from './per-class-pool.js';
export * from './pool.js';
export * from './quorum-mean.js';
export * from './sparse-pool.js';
export * from './statistics.js';
export * from './target-plan.js';
