/** Codecs of answers: one file for each codec, and the table of them. In `numbers`: numbers in fewer bytes. */
export {
  automaticCodec,
  codecName,
  codecProblem,
  codecWritten,
  isAnswerCodec,
  isOfTopK,
  memoryOf,
  rowCodec,
  throughCodec,
  wordMemory,
} from './answer-codec.js';
export type { RowCodec, WordMemory } from './codec.js';
export * from './numbers/index.js';
export { type AnswerCodec, CODEC_SETTINGS, CODEC_WORDS } from './table.js';
