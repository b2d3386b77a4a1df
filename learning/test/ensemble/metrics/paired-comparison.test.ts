/** Tests against counted coin tosses, a published example, and the normal interval of a large set. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import {
  holm,
  mcNemar,
  pairedBootstrap,
  pairedShares,
} from '../../../src/ensemble/metrics/paired-comparison.js';

describe('mcNemar', () => {
  it('is the exact binomial p-value for small counts', () => {
    expect(mcNemar(0, 5)).toBeCloseTo(2 / 32, 14);
    expect(mcNemar(5, 1)).toBeCloseTo((2 * 7) / 64, 14);
    expect(mcNemar(3, 3)).toBe(1);
    expect(mcNemar(0, 0)).toBe(1);
  });

  it('is the p-value of the chi-squared test with continuity correction for large counts', () => {
    // (|500 − 600| − 1)²/1100 = 8.91, p = 0.00284.
    expect(mcNemar(500, 600)).toBeCloseTo(0.00284, 4);
    expect(mcNemar(4000, 3000)).toBeLessThan(1e-30);
  });

  it.each([
    [-1, 2],
    [0.5, 2],
    [Number.NaN, 1],
  ])('refuses the counts %d and %d', (b, c) => {
    expect(() => mcNemar(b, c)).toThrow(/two counts/);
  });
});

describe('holm', () => {
  it('multiplies p-values by the number remaining, and the results never fall', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, want] of [0.03, 0.06, 0.06, 0.02].entries()) {
      expect(adjusted[i]).toBeCloseTo(want, 14);
    }
    expect(holm([0.7, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
    expect(() => holm([1.2])).toThrow(/in \[0, 1\]/);
  });
});

describe('pairedBootstrap', () => {
  const differences = Float64Array.from({ length: 1000 }, (_, n) => {
    const u = mulberry32(8, n);
    return u < 0.1 ? 1 : u < 0.15 ? -1 : 0;
  });

  it('is close to the normal interval for a large set', () => {
    const { mean, low, high } = pairedBootstrap(differences, 1);
    const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / 999;
    const margin = 1.96 * Math.sqrt(variance / 1000);
    expect(low).toBeCloseTo(mean - margin, 2);
    expect(high).toBeCloseTo(mean + margin, 2);
  });

  it('depends on the seed only, and gives a point for equal differences', () => {
    expect(pairedBootstrap(differences, 3, 200)).toEqual(pairedBootstrap(differences, 3, 200));
    expect(pairedBootstrap(differences, 3, 200)).not.toEqual(pairedBootstrap(differences, 4, 200));
    expect(pairedBootstrap([0.5, 0.5], 1)).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  });

  it('refuses an empty list and NaN', () => {
    expect(() => pairedBootstrap([], 1)).toThrow(/finite differences/);
    expect(() => pairedBootstrap([Number.NaN], 1)).toThrow(/finite differences/);
  });
});

describe('pairedShares', () => {
  it('has the difference as its mean, and an interval wider than 0 even for models that never differ', () => {
    // 0 ± 1.96 √(2/50/50).
    const same = pairedShares(0, 0, 48);
    expect(same).toMatchObject({ mean: 0, low: -same.high });
    expect(same.high).toBeCloseTo(1.959964 * Math.sqrt(2 / 2500), 12);
    // ((31 − 11) ± 1.96 √(42 − 20²/202))/202.
    const { mean, low, high } = pairedShares(10, 30, 200);
    expect(mean).toBe(0.1);
    const margin = (1.959964 * Math.sqrt(42 - 400 / 202)) / 202;
    expect(low).toBeCloseTo(20 / 202 - margin, 12);
    expect(high).toBeCloseTo(20 / 202 + margin, 12);
  });

  it('is close to the bootstrap for a large set', () => {
    const differences = Float64Array.from({ length: 4000 }, (_, n) => {
      return n < 300 ? 1 : n < 420 ? -1 : 0;
    });
    const resampled = pairedBootstrap(differences, 1);
    const { mean, low, high } = pairedShares(120, 300, 4000);
    expect(mean).toBeCloseTo(resampled.mean, 12);
    expect(low).toBeCloseTo(resampled.low, 3);
    expect(high).toBeCloseTo(resampled.high, 3);
  });

  it('covers the true difference in more than 94 % of trials', () => {
    const [n, times, p, q] = [60, 2000, 0.03, 0.06];
    let covered = 0;
    for (let time = 0; time < times; time++) {
      let [b, c] = [0, 0];
      for (let i = 0; i < n; i++) {
        const u = mulberry32(5, time * n + i);
        if (u < p) b++;
        else if (u < p + q) c++;
      }
      const { low, high } = pairedShares(b, c, n);
      if (low <= q - p && q - p <= high) covered++;
    }
    expect(covered / times).toBeGreaterThan(0.94);
  });

  it.each([
    [1, 2, 2],
    [-1, 0, 4],
    [0, 0, 0],
    [0.5, 0, 4],
  ])('refuses %d and %d of %d samples', (b, c, n) => {
    expect(() => pairedShares(b, c, n)).toThrow(/two counts of one sample/);
  });
});
