/** One optimiser step as a pure function of tensors: terms, objective, optimisers, the learning rate. */
export { FeatureLosses, type FeatureShapes, guidedLayers } from './feature-losses.js';
export { learningRate } from './learning-rate.js';
export { runObjective } from './objective.js';
export { runOptimizer } from './optimizers.js';
export { StepRunner } from './step-runner.js';
export { type StepTensors, TrainStep } from './train-step.js';
