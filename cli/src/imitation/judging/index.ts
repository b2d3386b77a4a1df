/** What was answered, judged by named rules, and what is kept of it on the disk. */
export { type JudgedInput, type Judgement, judge } from './judge.js';
export { type KeptInput, keptText, readKept } from './kept-file.js';
