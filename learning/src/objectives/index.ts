/**
 * The terms that a student minimises, one file for each term, and the mathematics that they share: functions of
 * tensors with exact gradients, for runs and for users' own training code. TensorFlow is imported only for its types.
 */
export * from './losses/index.js';
export * from './terms/index.js';
