/** Black boxes asked about inputs: what is still to be asked, what it costs, and their answers on the disk. */
export {
  AnswersFile,
  answerKey,
  type ImitationAnswer,
  isCutOff,
  isUnreadable,
  latestAnswers,
  readAnswerLines,
  readAnswers,
  usage,
} from './answers-file.js';
export { askingsOf } from './askings.js';
export { type MaxCost, parseMaxCost } from './budgets.js';
export {
  type Collected,
  type CollectedCost,
  collectAnswers,
  type Unreadable,
} from './collect.js';
export { costOf } from './costs.js';
export {
  type Again,
  againBy,
  type CostEstimate,
  estimateCosts,
  openQuestions,
  questionsCost,
} from './open-questions.js';
