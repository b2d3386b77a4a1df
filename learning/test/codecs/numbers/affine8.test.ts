/** For any row, the ends are exact and the error is at most half a step, with ranges in float32 and in float64. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { decodeAffine8, encodeAffine8 } from '../../../src/codecs/numbers/affine8.js';

const ROWS = 40;
const CLASSES = 10;
const values = Float32Array.from(
  { length: ROWS * CLASSES },
  (_, i) => (mulberry32(1, i) - 0.5) * 10 ** ((i / CLASSES) % 6),
);

function coded(Ends: typeof Float32Array | typeof Float64Array) {
  return {
    codes: new Uint8Array(ROWS * CLASSES),
    ranges: new Ends(2 * ROWS),
  };
}

describe('affine8', () => {
  it.each([
    [Float64Array, 1e-12],
    [Float32Array, 1e-4],
  ])('errs by at most half a step, ranges in %o', (Ends, rounding) => {
    const rows = coded(Ends);
    encodeAffine8(values, ROWS, CLASSES, rows);
    const out = new Float64Array(ROWS * CLASSES);
    decodeAffine8(rows, ROWS, CLASSES, out);
    for (const [i, value] of values.entries()) {
      const scale = rows.ranges[2 * Math.floor(i / CLASSES) + 1] as number;
      expect(Math.abs(value - (out[i] as number))).toBeLessThanOrEqual(scale * (0.5 + rounding));
    }
  });

  it('keeps the least and greatest values exactly, and rows of one value', () => {
    const rows = coded(Float64Array);
    encodeAffine8([-2, 1, 3, 7, 7, 7], 2, 3, rows);
    expect([...rows.codes.subarray(0, 6)]).toEqual([0, 153, 255, 0, 0, 0]);
    const out = new Float64Array(6);
    decodeAffine8(rows, 2, 3, out);
    expect([out[0], out[2], out[3]]).toEqual([-2, 3, 7]);
  });

  it('divides the whole range into 255 steps when the row is not anchored', () => {
    const rows = coded(Float64Array);
    encodeAffine8([0, 1, 3.1], 1, 3, rows);
    expect([...rows.ranges.subarray(0, 2)]).toEqual([0, 3.1 / 255]);
  });

  it('refuses infinite values and arrays that are too short', () => {
    const rows = coded(Float64Array);
    expect(() => encodeAffine8([0, Number.NEGATIVE_INFINITY], 1, 2, rows)).toThrow(/row 0/);
    expect(() => encodeAffine8([0, 1], 1, 3, rows)).toThrow(/want 1 rows of 3/);
    expect(() => decodeAffine8(rows, 1, 3, new Float64Array(2))).toThrow(/want 1 rows of 3/);
  });
});
