/** Ensemble rules, target plan, metrics and statistics, on plain arrays. Pure: no clock, no network, no TensorFlow. */
export * from './log-softmax.js';
export * from './metrics.js';
export * from './pool.js';
export * from './statistics.js';
export * from './target-plan.js';
