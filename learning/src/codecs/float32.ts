/** A word a logit: C words, exact. */
import type { Codec } from './codec.js';

export const float32 = {
  name: 'float32',
  row: (classCount) => ({
    wordCount: classCount,
    byteCount: 4 * classCount,
    encode(rows, row, { floats }, at) {
      const from = row * classCount;
      for (let c = 0; c < classCount; c++) floats[at + c] = rows[from + c] as number;
    },
    decode({ floats }, at, rows, row) {
      const to = row * classCount;
      for (let c = 0; c < classCount; c++) rows[to + c] = floats[at + c] as number;
    },
  }),
  mayBeAutomatic: () => true,
} as const satisfies Codec;
