/** Each logit as the nearest binary16, up to ±65504: ⌈C/2⌉ words. */
import { LyceumError } from '@lyceum/proto';
import type { Codec, RowCodec } from './codec.js';
import { encodeFloat32Bits, float16Numbers } from './numbers/index.js';

/** Infinity's binary16 bits: from here on there is no finite number. */
const NOT_FINITE = 0x7c00;

export const float16 = {
  name: 'float16',
  row,
  mayBeAutomatic: ({ mustBeExact }) => !mustBeExact,
} as const satisfies Codec;

function row(classCount: number): RowCodec {
  const numbers = float16Numbers();
  return {
    wordCount: Math.ceil(classCount / 2),
    byteCount: 2 * classCount,
    refusesNotFinite: true,
    encode(rows, row, { halves }, at) {
      const bits = new Uint32Array(rows.buffer, rows.byteOffset + 4 * row * classCount, classCount);
      for (let c = 0; c < classCount; c++) {
        const code = encodeFloat32Bits(bits[c] as number);
        if ((code & NOT_FINITE) === NOT_FINITE) {
          const value = rows[row * classCount + c];
          const message = `a logit is ${value}, and answers in float16 hold up to 65504; spec.answers.codec: uint8-affine or float32 holds it`;
          throw new LyceumError('INVALID_ARGUMENT', message);
        }
        halves[2 * at + c] = code;
      }
    },
    decode({ halves }, at, rows, row) {
      const to = row * classCount;
      for (let c = 0; c < classCount; c++) {
        rows[to + c] = numbers[halves[2 * at + c] as number] as number;
      }
    },
  };
}
