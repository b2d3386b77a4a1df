/** Rows of the greatest probabilities and stored records: order, what is left over, layout, and what does not fit. */
import { describe, expect, it } from 'vitest';
import {
  decodeTinyVitRecord,
  encodeTinyVitRecord,
} from '../../../src/codecs/numbers/tinyvit-record.js';
import { decodeTopK, encodeTopK, spreadTopK } from '../../../src/codecs/numbers/top-k.js';

describe('top k', () => {
  const probabilities = [0.0625, 0.5, 0.0625, 0.25, 0.125];
  const logits = Float64Array.from(probabilities, Math.log);

  it('falls, the lower class first of equal ones', () => {
    const row = encodeTopK(logits, 4);
    expect([...row.ids]).toEqual([1, 3, 4, 0]);
    expect([...decodeTopK(row)]).toEqual([0.5, 0.25, 0.125, 0.0625]);
  });

  it('spreads the residual over the classes that were not sent', () => {
    expect([...spreadTopK(encodeTopK(logits, 2), 5)]).toEqual([
      0.25 / 3,
      0.5,
      0.25 / 3,
      0.25,
      0.25 / 3,
    ]);
    expect([...spreadTopK(encodeTopK(logits, 5), 5)]).toEqual(probabilities);
  });

  it('takes classes of probability 0 last', () => {
    const row = encodeTopK(
      Float64Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY),
      2,
    );
    expect([...row.ids]).toEqual([1, 0]);
    expect([...spreadTopK(row, 3)]).toEqual([0, 1, 0]);
  });

  it.each([0, 1.5, 6])('refuses k = %d of 5', (k) => {
    expect(() => encodeTopK(logits, k)).toThrow(/of 5 classes/);
  });

  it('refuses a class that is out of range', () => {
    expect(() => spreadTopK(encodeTopK(logits, 1), 1)).toThrow(/not below 1/);
  });
});

describe('TinyViT record', () => {
  const record = { seed: -2, ids: [258, 3], probabilities: [1, 0.5] };

  it('is laid out little endian: seed, classes, probabilities', () => {
    expect([...encodeTinyVitRecord(record)]).toEqual([
      0xfe, 0xff, 0xff, 0xff, 0x02, 0x01, 0x03, 0x00, 0x00, 0x3c, 0x00, 0x38,
    ]);
  });

  it('comes back, also from the middle of a buffer', () => {
    const bytes = encodeTinyVitRecord(record);
    const buffer = new Uint8Array(bytes.length + 3);
    buffer.set(bytes, 3);
    const back = decodeTinyVitRecord(buffer.subarray(3));
    expect(back.seed).toBe(-2);
    expect([...Array.from(back.ids)]).toEqual([258, 3]);
    expect([...Array.from(back.probabilities)]).toEqual([1, 0.5]);
  });

  it('refuses classes above 15 bits, unsigned seeds, lengths that differ and torn bytes', () => {
    expect(() => encodeTinyVitRecord({ ...record, ids: [32768, 0] })).toThrow(/32767/);
    expect(() => encodeTinyVitRecord({ ...record, seed: 2 ** 31 })).toThrow(/32-bit/);
    expect(() => encodeTinyVitRecord({ ...record, ids: [1] })).toThrow(/1 classes/);
    expect(() => decodeTinyVitRecord(new Uint8Array(10))).toThrow(/4 \+ 4k/);
  });
});
