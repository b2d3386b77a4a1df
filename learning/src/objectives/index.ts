/**
 * The terms that a student minimises: functions of tensors with exact gradients, for runs and for own training code.
 */
export * from './adaptive-weights.js';
export * from './contrastive.js';
export * from './cross-entropy.js';
export * from './decoupled.js';
export * from './divergences.js';
export * from './hints.js';
export * from './kullback-leibler.js';
export * from './logits.js';
export * from './min-norm-weights.js';
export * from './regressors.js';
export * from './relational.js';
export * from './several-teachers.js';
export * from './soft-target.js';
export * from './tokens.js';
export * from './top-k.js';
