/** What the worker's shell and its compute thread tell each other. */
export { checkNumerics } from './numerics-change.js';
export { trainingError, trainingFailure } from './training-failure.js';
export type {
  StudentTrainer,
  TargetBlock,
  TargetBlockTensor,
  TargetTensorShape,
  TrainingCheckpoint,
  TrainingEvents,
  TrainingFailure,
  TrainingJob,
  TrainingProgress,
  TrainingResult,
  Validation,
} from './training-job.js';
