/** Black boxes asked about inputs: what is still to be asked, what it costs, and their answers on the disk. */
export {
  AnswersFile,
  answerKey,
  type ImitationAnswer,
  isCutOff,
  isUnreadable,
  readAnswers,
  usage,
} from './answers-file.js';
export { askingsOf } from './askings.js';
export { type Collected, collectAnswers, type Unreadable } from './collect.js';
export { type CostEstimate, costOf, estimateCosts } from './open-questions.js';
