/** Intervals against the printed table of Student's t (97.5 % quantiles), and a mean computed by hand. */
import { describe, expect, it } from 'vitest';
import { pairedInterval, seedsNeeded } from '../../../src/ensemble/metrics/statistics.js';

describe('pairedInterval', () => {
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [9, 2.262],
    [10, 2.228],
    [29, 2.045],
    [120, 1.98],
  ])("uses Student's t: %i degrees of freedom, t = %d", (degrees, quantile) => {
    const differences = Array.from({ length: degrees + 1 }, (_, i) => i);
    const { mean, high, standardDeviation } = pairedInterval(differences);
    const t = ((high - mean) * Math.sqrt(differences.length)) / standardDeviation;
    expect(t).toBeCloseTo(quantile, 3);
  });

  it('is symmetric about the mean, with n − 1 in the standard deviation', () => {
    const { mean, low, high, standardDeviation } = pairedInterval([1, 2, 3]);
    expect(mean).toBe(2);
    expect(standardDeviation).toBe(1);
    expect(low + high).toBeCloseTo(4, 12);
    expect(high).toBeCloseTo(2 + 4.302653 / Math.sqrt(3), 6);
  });

  it('has no width if differences are equal but for rounding', () => {
    const differences = [0.9 - 0.8, 0.8 - 0.7, 0.4 - 0.3];
    expect(new Set(differences).size).toBeGreaterThan(1);
    const { mean, low, high, standardDeviation } = pairedInterval(differences);
    expect([standardDeviation, low, high]).toEqual([0, mean, mean]);
  });

  it.each([[[]], [[1]], [[1, Number.NaN]]])('refuses %j', (differences) => {
    expect(() => pairedInterval(differences)).toThrow(/at least two finite/);
  });
});

describe('seedsNeeded', () => {
  it.each([
    // Printed tables of the paired t-test, power 0.8: effect sizes 0.2, 0.5, 0.8 and 1.
    [0.2, 199],
    [0.5, 34],
    [0.8, 15],
    [1, 10],
  ])('agrees with the printed tables: effect %d, %i pairs', (effect, pairs) => {
    expect(Math.abs(seedsNeeded(effect, 1) - pairs)).toBeLessThanOrEqual(1);
    expect(seedsNeeded(-effect, 1)).toBe(seedsNeeded(effect, 1));
  });

  it('is 2 for a deviation of 0, infinite for a difference of 0, and refuses NaN', () => {
    expect(seedsNeeded(0.1, 0)).toBe(2);
    expect(seedsNeeded(0, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(() => seedsNeeded(Number.NaN, 1)).toThrow(/finite difference/);
  });

  it('takes what rounding leaves of a difference of 0 for no difference', () => {
    const { mean, standardDeviation } = pairedInterval([0.9 - 0.8, 0.7 - 0.8, 0.8 - 0.8]);
    expect(mean).not.toBe(0);
    expect(seedsNeeded(mean, standardDeviation)).toBe(Number.POSITIVE_INFINITY);
  });
});
