/** New inputs that chats write after those that are there: drawn examples, texts that are sifted, lines on the disk. */
export { estimateWriting, openWriting, type WritingEstimate } from './open-writing.js';
export { QuestionsFile, readQuestions } from './questions-file.js';
export type { WritingCost } from './teacher-writing.js';
export { type WrittenQuestions, writeQuestions } from './write-questions.js';
export { withQuestions } from './written-inputs.js';
