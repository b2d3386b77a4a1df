/** Rows as the store takes them. */
import { wordMemory } from '@lyceum/learning/codecs';
import { AnswerRecords, type RecordShape } from '@lyceum/learning/records';

/** @throws {LyceumError} INVALID_ARGUMENT if the codec has nothing for a value. */
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
