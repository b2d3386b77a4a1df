/** A row's range in float32 and a byte a logit (`numbers/affine8.ts`): 2 + ⌈C/4⌉ words. */
import { LyceumError } from '@lyceum/proto';
import type { Codec } from './codec.js';
import { decodeAffine8Row, encodeAffine8Row } from './numbers/index.js';

/**
 * Up to this count of classes, the mean divergence from exact answers stays below 1e-4 at temperatures 1 and 4. With
 * more classes, logits have a wider range and the teacher is less certain. `npm run bench -- answers` measures it. A
 * teacher that gives probability 0, as a forest does, has a wide range too: its logits reach log(1e-38), and 3e-4 was
 * measured.
 */
const BYTE_CLASSES = 100;

export const uint8Affine = {
  name: 'uint8-affine',
  row: (classCount) => ({
    wordCount: 2 + Math.ceil(classCount / 4),
    byteCount: 8 + classCount,
    refusesNotFinite: true,
    encode(rows, row, { floats, bytes }, at) {
      const from = row * classCount;
      if (encodeAffine8Row(rows, from, classCount, floats, at, bytes, 4 * (at + 2), true)) return;
      throw new LyceumError('INVALID_ARGUMENT', 'a logit is not finite');
    },
    decode({ floats, bytes }, at, rows, row) {
      decodeAffine8Row(floats, at, bytes, 4 * (at + 2), classCount, rows, row * classCount);
    },
  }),
  mayBeAutomatic: ({ mustBeExact, classCount }) => !mustBeExact && classCount <= BYTE_CLASSES,
} as const satisfies Codec;
