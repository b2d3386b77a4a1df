/** Who asks for which answers, who may give them, and what becomes of an ask. Pure: state machines and checks. */
export { AnswerFrames, type IncomingRows } from './answer-frames.js';
export { type Ask, type Asker, answerTable, askFor, spanSamples } from './ask.js';
export { type AskAction, AskBook } from './ask-book.js';
