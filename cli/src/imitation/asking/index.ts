/** Asks black boxes about inputs: the open questions, their cost, and the answers on the disk. */
export {
  AnswersFile,
  answerKey,
  type ImitationAnswer,
  isCutOff,
  isUnreadable,
  latestAnswers,
  readAnswerLines,
  readAnswers,
  spentBy,
  usage,
} from './answers-file.js';
export { askingsOf } from './askings.js';
export { Budgets, type Hold, type MaxCost, parseMaxCost } from './budgets.js';
export {
  type CollectedCost,
  collectAnswers,
  type Unreadable,
} from './collect.js';
export {
  costOf,
  greatestCost,
  moneyText,
  NOTHING_PAID,
  type Paid,
  type PaidFigures,
  paidFigures,
  partOf,
  sumOf,
} from './costs.js';
export { CallLimit, eachTeacher, OF_THE_CALL, type TeacherFailure } from './ending/index.js';
export {
  AGAIN,
  type Again,
  againBy,
  type CostEstimate,
  estimateCosts,
  openQuestions,
  type QuestionsCost,
  questionsCost,
} from './open-questions.js';
export { usageOf } from './read-response.js';
export { RetryNotices } from './retry-notices.js';
