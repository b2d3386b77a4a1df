/** Black boxes asked once, their answers judged, a set made of them: stages on disk, no server. */
export {
  AnswersFile,
  type Collected,
  type CostEstimate,
  collectAnswers,
  estimateCosts,
  readAnswers,
  type Unreadable,
} from './asking/index.js';
export { readImitationInputs, requireSentAsRead } from './inputs/index.js';
export {
  type CheckSummary,
  checkPage,
  judge,
  keptText,
  readKept,
  summarise,
} from './judging/index.js';
export { trainingSet } from './teaching/index.js';
