/**
 * The terms that a student minimises, a file each that says all of one, and the mathematics that they share: functions
 * of tensors with exact gradients, for runs and for own training code. TensorFlow only in types.
 */
export * from './losses/index.js';
export * from './terms/index.js';
