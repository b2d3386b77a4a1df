/** The record of a run: its stored fields, the settings that it asks for, and the values that follow. Pure. */
export { planBaseline } from './baseline-run.js';
export type { PinnedTeacher } from './pinned-teacher.js';
export { blobsOf, namesRun, neededBlobs } from './references.js';
export { type AnswerCost, deviceCosts, withAnswers, withTraining } from './run-cost.js';
export { runPage } from './run-page.js';
export { foreignPlugin, missingMethods, pluginDigestOf } from './run-plugin.js';
export {
  type NumericsChange,
  newRunRecord,
  type PinnedFeature,
  type ProgressSnapshot,
  parseRunRecord,
  type RunFit,
  type RunOutcome,
  type RunRecord,
  requireStorable,
  runRecordText,
  type WorkerEnvironment,
  withWorker,
} from './run-record.js';
export {
  acceptedTeachers,
  awaitsFit,
  hasOwnBaseline,
  orderOf,
  orderText,
  quorumOf,
  refusesAtChance,
} from './run-settings.js';
export {
  type FeatureTensor,
  featureTensors,
  featureValueCount,
  gridOf,
  meanAnswerBytes,
  newGrid,
  ownAnswer,
  type TargetTensorShape,
  targetTensors,
  teacherOutputs,
  windowStepsOf,
} from './run-tensors.js';
