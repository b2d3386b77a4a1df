/** Random rows through every codec, compared with the codecs of single numbers and with what holds for any row. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { rowCodec, throughCodec, wordMemory } from '../../src/codecs/answer-codec.js';
import {
  decodeFloat16,
  encodeFloat16,
  encodeFloat32Bits,
} from '../../src/codecs/numbers/float16.js';
import { encodeTopK, spreadTopK } from '../../src/codecs/numbers/top-k.js';
import { type AnswerCodec, CODEC_WORDS } from '../../src/codecs/table.js';
import { klDivergence } from '../../src/ensemble/metrics/metrics.js';

const ROWS = 20;
const CODECS: readonly AnswerCodec[] = [...CODEC_WORDS, 'top-k:3', 'top-k:7'];

/** Logits for tests. With odd lengths a part of the last word stays free. */
function logitsOf(classCount: number, factor = 6): Float32Array {
  return Float32Array.from({ length: ROWS * classCount }, (_, i) => {
    const peak = i % classCount === Math.floor(i / classCount) % classCount ? 8 : 0;
    return (mulberry32(3, i) - 0.5) * factor + peak;
  });
}

describe.each(CODECS)('answer codec %s', (codec) => {
  it.each([7, 10, 13])(
    'decodes a row to the same values at any offset, %d classes',
    (classCount) => {
      const logits = logitsOf(classCount);
      const together = throughCodec(codec, logits, ROWS, classCount);
      const { wordCount, encode, decode } = rowCodec(codec, classCount);
      const memory = wordMemory(ROWS * (wordCount + 1) + 1);
      const alone = new Float32Array(ROWS * classCount);
      for (let row = ROWS - 1; row >= 0; row--) {
        encode(logits, row, memory, row * (wordCount + 1) + 1);
      }
      for (let row = 0; row < ROWS; row++) {
        // Words between the rows must not be touched.
        expect(memory.words[row * (wordCount + 1)]).toBe(0);
        decode(memory, row * (wordCount + 1) + 1, alone, row);
      }
      expect(alone).toEqual(together);
    },
  );

  it('decodes a row without writing to the next row', () => {
    const { wordCount, encode, decode } = rowCodec(codec, 10);
    const memory = wordMemory(2 * wordCount);
    for (const row of [0, 1]) encode(logitsOf(10), row, memory, row * wordCount);
    const rows = new Float32Array(20).fill(99);
    decode(memory, 0, rows, 0);
    expect([...rows.subarray(10)]).toEqual(Array(10).fill(99));
  });

  it('keeps every number finite and the greatest class the greatest', () => {
    const logits = logitsOf(10, 12);
    const decoded = throughCodec(codec, logits, ROWS, 10);
    expect(decoded.every(Number.isFinite)).toBe(true);
    for (let row = 0; row < ROWS; row++) {
      const greatest = (rows: Float32Array) => {
        const own = rows.subarray(row * 10, row * 10 + 10);
        return own.indexOf(Math.max(...own));
      };
      expect(greatest(decoded)).toBe(greatest(logits));
    }
  });
});

it('float32 returns the logits unchanged', () => {
  const logits = logitsOf(7);
  expect(throughCodec('float32', logits, ROWS, 7)).toEqual(logits);
});

it('float16 encodes float32 bits to the nearest binary16 number, around every number and midpoint', () => {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let code = 0; code < 0x7c00; code++) {
    const [own, next] = [decodeFloat16(code), decodeFloat16(code + 1)];
    for (const value of [own, (own + Math.min(next, 65536)) / 2]) {
      for (const ulp of [-1, 0, 1]) {
        for (const sign of [1, -1]) {
          float[0] = sign * value;
          bits[0] = (bits[0] as number) + ulp;
          const near = float[0];
          if (Number.isNaN(near)) continue;
          if (encodeFloat32Bits(bits[0]) !== encodeFloat16(near)) throw new Error(`of ${near}`);
        }
      }
    }
  }
  for (const special of [Number.NaN, Number.POSITIVE_INFINITY, -3e38, 1e-45, 2 ** -25]) {
    float[0] = special;
    expect(encodeFloat32Bits(bits[0] as number)).toBe(encodeFloat16(float[0]));
  }
});

it('float16 refuses a logit above 65504 and names codecs that hold it', () => {
  expect(() => throughCodec('float16', Float32Array.of(1, 65519), 1, 2)).not.toThrow();
  expect(() => throughCodec('float16', Float32Array.of(1, -70_000), 1, 2)).toThrow(
    'a logit is -70000, and answers in float16 hold up to 65504; spec.answers.codec: uint8-affine or float32 holds it',
  );
});

it('uint8-affine errs by at most half a step, or 0.625 steps where the two greatest are exact', () => {
  const logits = logitsOf(13);
  const decoded = throughCodec('uint8-affine', logits, ROWS, 13);
  for (let row = 0; row < ROWS; row++) {
    const own = logits.subarray(row * 13, row * 13 + 13);
    const step = (Math.max(...own) - Math.min(...own)) / 255;
    const [greatest, second] = [...own].sort((a, b) => b - a) as [number, number];
    const anchored = greatest - second >= 4 * step;
    for (let c = 0; c < 13; c++) {
      const value = own[c] as number;
      const error = Math.abs(value - (decoded[row * 13 + c] as number));
      const top = anchored && (value === greatest || value === second);
      expect(error).toBeLessThanOrEqual(step * (top ? 1e-3 : anchored ? 0.6251 : 0.5001));
    }
  }
});

it('top-k keeps the probabilities sent and spreads the residual over the other classes', () => {
  // A teacher so uncertain that every row has a residual.
  const logits = logitsOf(10).map((v) => v / 4);
  const decoded = throughCodec('top-k:3', logits, ROWS, 10);
  for (let row = 0; row < ROWS; row++) {
    const own = logits.subarray(row * 10, row * 10 + 10);
    const spread = spreadTopK(encodeTopK(own, 3), 10);
    const want = Array.from(spread, (p) => Math.fround(Math.log(p)));
    expect([...decoded.subarray(row * 10, row * 10 + 10)]).toEqual(want);
  }
});

it('top-k of a certain teacher stays finite where binary16 rounds a probability to 0', () => {
  const logits = new Float32Array(1_000).fill(-100);
  logits[7] = 100;
  const decoded = throughCodec('top-k:2', logits, 1, 1_000);
  expect(decoded.every(Number.isFinite)).toBe(true);
  // The residual is next to nothing.
  expect(klDivergence(logits, decoded, 1, 1_000)).toBeLessThan(1e-6);
});

it('top-k keeps class numbers above 65535', () => {
  const logits = new Float32Array(70_000);
  logits[69_999] = 20;
  logits[65_536] = 19;
  const decoded = throughCodec('top-k:3', logits, 1, 70_000);
  const order = [69_999, 65_536, 0];
  expect(decoded[69_999]).toBeCloseTo(-Math.log(1 + Math.exp(-1) + 69_998 * Math.exp(-20)), 3);
  expect(order.map((c) => decoded[c] as number)).toEqual(
    [...decoded].sort((a, b) => b - a).slice(0, 3),
  );
});

it('rowCodec reports the bytes of a row', () => {
  const bytes = (codec: AnswerCodec, classCount: number) => rowCodec(codec, classCount).byteCount;
  expect(bytes('uint8-affine', 10)).toBe(18);
  expect(bytes('uint8-affine', 100)).toBe(108);
  expect(bytes('float16', 1_000)).toBe(2_000);
  expect(bytes('top-k:100', 21_841)).toBe(400);
  expect(bytes('top-k:100', 70_000)).toBe(600);
});

it.each(['top-k:0', 'top-k:11', 'top-k:x', 'int4'])('rowCodec refuses the codec %s', (codec) => {
  expect(() => rowCodec(codec as AnswerCodec, 10)).toThrow(`no codec ${codec} of 10 classes`);
});
