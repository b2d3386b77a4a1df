/** The layout of a stored TinyViT record, and values that it cannot hold. */
import { describe, expect, it } from 'vitest';
import {
  decodeTinyVitRecord,
  encodeTinyVitRecord,
} from '../../../src/conformance/reference/tinyvit-record.js';

describe('TinyViT record', () => {
  const record = { seed: -2, ids: [258, 3], probabilities: [1, 0.5] };

  it('is little endian: seed, classes, probabilities', () => {
    expect([...encodeTinyVitRecord(record)]).toEqual([
      0xfe, 0xff, 0xff, 0xff, 0x02, 0x01, 0x03, 0x00, 0x00, 0x3c, 0x00, 0x38,
    ]);
  });

  it('reads back, also from the middle of a buffer', () => {
    const bytes = encodeTinyVitRecord(record);
    const buffer = new Uint8Array(bytes.length + 3);
    buffer.set(bytes, 3);
    const back = decodeTinyVitRecord(buffer.subarray(3));
    expect(back.seed).toBe(-2);
    expect([...Array.from(back.ids)]).toEqual([258, 3]);
    expect([...Array.from(back.probabilities)]).toEqual([1, 0.5]);
  });

  it('refuses classes above 15 bits, unsigned seeds, unequal lengths and truncated bytes', () => {
    expect(() => encodeTinyVitRecord({ ...record, ids: [32768, 0] })).toThrow(/32767/);
    expect(() => encodeTinyVitRecord({ ...record, seed: 2 ** 31 })).toThrow(/32-bit/);
    expect(() => encodeTinyVitRecord({ ...record, ids: [1] })).toThrow(/1 classes/);
    expect(() => decodeTinyVitRecord(new Uint8Array(10))).toThrow(/4 \+ 4k/);
  });
});
