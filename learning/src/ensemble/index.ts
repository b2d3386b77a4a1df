/**
 * From the teachers' answers to a student's targets: what a run needs, the combination that it names, and that
 * combination's fit. No clock, no network.
 */
export { chosenCodec } from './answer-codec-choice.js';
export { combined, needsAllClasses } from './combination.js';
export { certainLogits, combineTargets, fitOf, type TeacherAnswers } from './combine-targets.js';
export { disagreements } from './disagreement.js';
export { type FeatureTerm, featureTerms } from './feature-plan.js';
export { fitCombination, fitNumberCount, needsFit, ownTemperature } from './fit-combination.js';
export {
  type EnsembleAnswers,
  type LeftOneOut,
  leaveOneOut,
} from './leave-one-out.js';
export * from './metrics/index.js';
export {
  /** @public Type declarations of the coordinator's records name it. */
  type AccuracyWeighting,
  accuracyWeights,
  type ConfidenceWeighting,
  caMkdWeights,
  confidenceWeights,
  crossEntropies,
  dawidSkene,
  dawidSkeneOfCounts,
  entropies,
  majorityVote,
  mixtureEmStep,
  mixtureNll,
  mixtureRatios,
  mixtureWeights,
  type PoolRule,
  pool,
  poolLogProbabilities,
  poolPerClass,
  poolWithShares,
  voteFractions,
} from './pooling/index.js';
export { ALL_RULES, parseRule, ruleText } from './rule-text.js';
export {
  type Combination,
  type CombinationFit,
  namesOf,
  ruleOf,
} from './rules/index.js';
export {
  ensembleMembers,
  type TargetPlan,
  type TargetTensor,
  targetPlan,
  targetRowShape,
  termTarget,
} from './target-plan.js';
export {
  type AmongKnown,
  amongKnown,
  calibrate,
  canTellOrder,
  classMask,
  finalAnswerKnowledge,
  fitTemperature,
  guessedShare,
  isBetterOrder,
  type KnownClasses,
  type TeacherKnowledge,
  teacherKnowledge,
  withoutUnknown,
} from './teachers/index.js';
