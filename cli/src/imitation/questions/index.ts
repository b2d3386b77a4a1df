/** Lets chats write new inputs after drawn examples; sifts the texts, and writes them to the disk as lines. */
export { estimateWriting, openWriting, type WritingEstimate } from './open-writing.js';
export { QuestionsFile, readQuestions } from './questions-file.js';
export type { WritingCost } from './teacher-writing.js';
export { type WrittenQuestions, writeQuestions } from './write-questions.js';
export { withQuestions } from './written-inputs.js';
