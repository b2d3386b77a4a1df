/** All 65536 bit patterns decoded and encoded again, midpoints between neighbours, and known patterns. */
import { describe, expect, it } from 'vitest';
import { decodeBfloat16, encodeBfloat16 } from '../../../src/codecs/numbers/bfloat16.js';
import { decodeFloat16, encodeFloat16 } from '../../../src/codecs/numbers/float16.js';

const FORMATS = [
  { name: 'binary16', encode: encodeFloat16, decode: decodeFloat16, infinity: 0x7c00 },
  { name: 'bfloat16', encode: encodeBfloat16, decode: decodeBfloat16, infinity: 0x7f80 },
];

describe.each(FORMATS)('$name', ({ encode, decode, infinity }) => {
  it('encodes every decoded number back to its bits, with either sign', () => {
    for (let bits = 0; bits <= infinity; bits++) {
      for (const signed of [bits, bits | 0x8000]) {
        if (encode(decode(signed)) !== signed) throw new Error(`bits ${signed}`);
      }
    }
    expect(decode(infinity)).toBe(Number.POSITIVE_INFINITY);
    expect(decode(0x8000)).toBe(-0);
  });

  it('rounds a midpoint to the even neighbour, and other numbers to the nearest', () => {
    for (let bits = 0; bits < infinity - 1; bits++) {
      const middle = (decode(bits) + decode(bits + 1)) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const nudge = 1e-6 * (decode(bits + 1) - decode(bits));
      // bfloat16 rounds to float32 first, which would lose the nudge of the smallest numbers.
      if (encode(middle) !== even) throw new Error(`middle after ${bits}: ${encode(middle)}`);
      if (encode === encodeFloat16) {
        if (encode(middle - nudge) !== bits) throw new Error(`below the middle after ${bits}`);
        if (encode(middle + nudge) !== bits + 1) throw new Error(`above the middle after ${bits}`);
      }
    }
  });

  it('keeps NaN', () => {
    expect(decode(encode(Number.NaN))).toBeNaN();
  });
});

describe('encodeFloat16', () => {
  it('rounds a float64 once, not through float32', () => {
    // A little above the midpoint of 1 and the next number. float32 rounds it to the midpoint, so to the even 1.
    const value = 1 + 2 ** -11 + 2 ** -40;
    expect(encodeFloat16(Math.fround(value))).toBe(0x3c00);
    expect(encodeFloat16(value)).toBe(0x3c01);
  });

  it('encodes numbers from 65520 as infinity', () => {
    expect(encodeFloat16(65519.99)).toBe(0x7bff);
    expect(encodeFloat16(65520)).toBe(0x7c00);
    expect(encodeFloat16(-1e300)).toBe(0xfc00);
  });
});
