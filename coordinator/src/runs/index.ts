/** What is kept of runs: records and their changes, pointers, ledgers; and the lease to write them. */
export { planBaseline } from './baseline-run.js';
export {
  allPointers,
  type Checkpoint,
  checkpointsOf,
  claimPointer,
  dropCheckpoints,
  movePointer,
  newestCheckpoint,
  pointerStep,
  requirePointer,
  rewindPointer,
} from './checkpoint-pointers.js';
export type { ContributorLedger, Contributors } from './contributor-ledger.js';
export { ContributorLedgers } from './contributor-ledgers.js';
export {
  Leadership,
  leaderEpochOf,
  restoreLeaderEpoch,
  stateFolderId,
} from './leadership/index.js';
export { blobsOf, namesRun } from './references.js';
export { type AnswerCost, deviceCosts, withAnswers, withTraining } from './run-cost.js';
export { runPage } from './run-page.js';
export { foreignPlugin, missingMethods, pluginDigestOf } from './run-plugin.js';
export {
  type NumericsChange,
  newRunRecord,
  type PinnedFeature,
  type PinnedTeacher,
  type ProgressSnapshot,
  type RunFit,
  type RunOutcome,
  type RunRecord,
  requireStorable,
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
export { RunStore } from './run-store.js';
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
