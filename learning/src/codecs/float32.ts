/** A word a logit: C words, exact. */
import type { Codec } from './codec.js';

export const float32 = {
  name: 'float32',
  row: (classCount) => ({
    wordCount: classCount,
    byteCount: 4 * classCount,
    encode(rows, row, { floats }, at) {
      copy(rows, row * classCount, floats, at, classCount);
    },
    decode({ floats }, at, rows, row) {
      copy(floats, at, rows, row * classCount, classCount);
    },
  }),
  mayBeAutomatic: () => true,
} as const satisfies Codec;

/** Rows of at most this many numbers are copied faster by a loop than by a call. */
const SHORT_ROW = 64;

function copy(
  from: Float32Array,
  start: number,
  to: Float32Array,
  at: number,
  count: number,
): void {
  if (count > SHORT_ROW) to.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}
