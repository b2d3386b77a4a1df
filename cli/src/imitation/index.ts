/** Black boxes asked once, their answers judged, a set made of them: stages on disk, no server. */
export { AnswersFile, readAnswers } from './answers-file.js';
export { checkPage } from './check-page.js';
export { type Collected, collectAnswers, type Unreadable } from './collect.js';
export { readImitationInputs, requireSentAsRead } from './inputs.js';
export { judge } from './judge.js';
export { keptText, readKept } from './kept-file.js';
export { type CostEstimate, estimateCosts } from './questions.js';
export { type CheckSummary, summarise } from './summary.js';
export { trainingSet } from './training-set.js';
