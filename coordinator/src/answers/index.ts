/** The store of answers: tables on disk, found by key. It knows nothing of runs. */
export type { RecordRange } from './answer-file.js';
export { AnswerStore } from './answer-store.js';
export {
  type AnswerOutput,
  type AnswerTableKey,
  parseTableKey,
  TABLE_EXTENSION,
  tableFileName,
  tableKeyText,
} from './answer-table-key.js';
export type { StoredAnswers } from './stored-answers.js';
