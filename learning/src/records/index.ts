/** How answers are stored: records of one size with a checksum, row by row through a codec. */
export { AnswerRecords, DROPPED, type RecordShape } from './answer-records.js';
export { SpareMemory } from './spare-memory.js';
