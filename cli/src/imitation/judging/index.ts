/** Judges answers by named rules, and writes the kept inputs to the disk. */
export { type JudgedInput, type Judgement, judge } from './judge.js';
export { type KeptInput, keptText, readKept } from './kept-file.js';
