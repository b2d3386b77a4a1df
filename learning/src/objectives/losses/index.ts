/** Mathematics that several terms share: divergences, cross entropy, weights of teachers, regressors. */
export * from './adaptive-weights.js';
export * from './cross-entropy.js';
export * from './flattened.js';
export * from './kullback-leibler.js';
export * from './log-mixture.js';
export * from './min-norm-weights.js';
export * from './regressors/index.js';
export * from './root-of-squares.js';
export * from './soft-target.js';
export * from './standardized.js';
export * from './weighted-kl.js';
