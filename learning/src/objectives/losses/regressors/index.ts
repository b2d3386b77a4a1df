/** Trainable maps from a student's features to the shape of a teacher's. */
export * from './regressor-plan.js';
export * from './regressors.js';
