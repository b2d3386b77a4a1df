/** Top-k rows: their order, the residual, and refused values. */
import { describe, expect, it } from 'vitest';
import { decodeTopK, encodeTopK, spreadTopK } from '../../../src/codecs/numbers/top-k.js';

describe('top-k rows', () => {
  const probabilities = [0.0625, 0.5, 0.0625, 0.25, 0.125];
  const logits = Float64Array.from(probabilities, Math.log);

  it('are sorted by falling probability, equal ones by class number', () => {
    const row = encodeTopK(logits, 4);
    expect([...row.ids]).toEqual([1, 3, 4, 0]);
    expect([...decodeTopK(row)]).toEqual([0.5, 0.25, 0.125, 0.0625]);
  });

  it('spread the residual over the classes that were not sent', () => {
    expect([...spreadTopK(encodeTopK(logits, 2), 5)]).toEqual([
      0.25 / 3,
      0.5,
      0.25 / 3,
      0.25,
      0.25 / 3,
    ]);
    expect([...spreadTopK(encodeTopK(logits, 5), 5)]).toEqual(probabilities);
  });

  it('hold classes of probability 0 last', () => {
    const row = encodeTopK(
      Float64Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY),
      2,
    );
    expect([...row.ids]).toEqual([1, 0]);
    expect([...spreadTopK(row, 3)]).toEqual([0, 1, 0]);
  });

  it.each([0, 1.5, 6])('refuse k = %d of 5 classes', (k) => {
    expect(() => encodeTopK(logits, k)).toThrow(/of 5 classes/);
  });

  it('refuse a class number outside the row', () => {
    expect(() => spreadTopK(encodeTopK(logits, 1), 1)).toThrow(/not below 1/);
  });
});
