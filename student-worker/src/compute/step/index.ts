/** One optimiser step as a pure function of tensors: terms, objective, optimiser. */
export { FeatureLosses, type FeatureShapes, guidedLayers } from './feature-losses.js';
export { runObjective } from './objective.js';
export { StepRunner } from './step-runner.js';
export { type StepTensors, TrainStep } from './train-step.js';
