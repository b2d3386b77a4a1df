/** The messages between the worker's main thread and its compute thread. */
export { ForeignCheckpointError } from './foreign-checkpoint.js';
export { checkNumerics, NumericsChangeError } from './numerics-change.js';
export type {
  ComputeDevice,
  ComputeSettings,
  Stop,
  StudentCalls,
  StudentNews,
} from './student-calls.js';
export { trainingFailure } from './training-failure.js';
export type {
  OrderCut,
  PictureWindow,
  StudentPictures,
  StudentTrainer,
  TargetBlock,
  TargetBlockTensor,
  TargetTensorShape,
  TrainingCheckpoint,
  TrainingEvents,
  TrainingFailure,
  TrainingJob,
  TrainingNews,
  TrainingProgress,
  TrainingResult,
  Validation,
} from './training-job.js';
