/** Teachers' stored answers as logits, also those of teachers that answer with classes alone. Pure. */
import type { AnswerCodec } from '@lyceum/learning/codecs';
import { certainLogits, type KnownClasses, withoutUnknown } from '@lyceum/learning/ensemble';
import { AnswerRecords } from '@lyceum/learning/records';

export interface StoredLogits {
  readonly codec: AnswerCodec;
  /** [N, words of a row]. */
  readonly words: Uint32Array;
  /** The teacher answers with classes alone. */
  readonly isFinal: boolean;
  /** Classes that the teacher knows. */
  readonly knownClasses: KnownClasses;
}

/** Words of a row of so many classes. */
export function storedWords(codec: AnswerCodec, isFinal: boolean, classCount: number): number {
  return recordsOf(codec, isFinal, classCount).codec.wordCount;
}

/**
 * Logits, [N, C]. A final answer counts as certain: 0 for its class, −∞ elsewhere. Classes that the teacher does not
 * know get −∞.
 *
 * @param room - memory to write into; the part with the logits is returned. Default: new memory.
 */
export function logitsOf(
  { codec, words, isFinal, knownClasses }: StoredLogits,
  classCount: number,
  room?: Float32Array,
): Float32Array {
  const records = recordsOf(codec, isFinal, classCount);
  const rowCount = words.length / records.codec.wordCount;
  const numbers = rowCount * classCount;
  const out = room?.subarray(0, numbers) ?? new Float32Array(numbers);
  if (isFinal) {
    const classes = new Float32Array(rowCount);
    records.decode(words, classes);
    certainLogits(classes, classCount, out);
  } else {
    records.decode(words, out);
    withoutUnknown(out, classCount, knownClasses);
  }
  return out;
}

/** Rows [first, end) of the `rowCount` stored ones, as views. */
export function storedRows(
  stored: StoredLogits,
  rowCount: number,
  first: number,
  end: number,
): StoredLogits {
  const rowWords = stored.words.length / rowCount;
  return { ...stored, words: stored.words.subarray(first * rowWords, end * rowWords) };
}

function recordsOf(codec: AnswerCodec, isFinal: boolean, classCount: number): AnswerRecords {
  return new AnswerRecords({ codec, rowLength: isFinal ? 1 : classCount });
}
