/** Asks black boxes once, judges their answers, and makes a data set of them: stages on disk, without a cluster. */
export {
  AGAIN,
  type Again,
  AnswersFile,
  type CollectedCost,
  type CostEstimate,
  collectAnswers,
  estimateCosts,
  latestAnswers,
  type MaxCost,
  moneyText,
  parseMaxCost,
  RetryNotices,
  readAnswerLines,
  readAnswers,
  type Unreadable,
} from './asking/index.js';
export { type OpenedImitation, openImitation, readAskedInputs } from './document.js';
export {
  type CheckSummary,
  costsOf,
  remarks,
  summarise,
  type TeacherCosts,
  unreadableRemarks,
} from './findings/index.js';
export { readImitationInputs, requireSentAsRead } from './inputs/index.js';
export { judge, keptText, readKept } from './judging/index.js';
export { checkPage } from './page/index.js';
export {
  estimateWriting,
  openWriting,
  QuestionsFile,
  type WritingCost,
  type WritingEstimate,
  type WrittenQuestions,
  writeQuestions,
} from './questions/index.js';
export {
  type ExplanationsWorth,
  explainedCounts,
  explanationsWorth,
  type SeedOutcome,
  type TrainingSet,
  trainingSet,
} from './teaching/index.js';
