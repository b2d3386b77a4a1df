/** A table of answers, and rows encoded as the store takes them. */
import { wordMemory } from '@lyceum/learning/codecs';
import { AnswerRecords, type RecordShape } from '@lyceum/learning/records';
import type { AnswerTableKey } from '../../src/answers/answer-table-key.js';

/** 100 samples, two numbers each. */
export const TABLE_KEY: AnswerTableKey = {
  teacherIdentity: 'aa',
  datasetDigest: 'bb',
  view: 'identity',
  viewEpoch: 0,
  outputs: ['logits'],
  codec: 'float32',
  sampleCount: 100,
  rowLength: 2,
};

/** @throws {LyceumError} INVALID_ARGUMENT if the codec cannot encode a value. */
export function recordsOf(
  shape: RecordShape,
  samples: Uint32Array,
  rows: Float32Array,
): Uint32Array {
  const records = new AnswerRecords(shape);
  const memory = wordMemory(samples.length * records.wordCount);
  records.encode(samples, rows, memory);
  return memory.words;
}
