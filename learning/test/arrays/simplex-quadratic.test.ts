/** Solutions against the optimality conditions on random problems, and cases whose solution is obvious. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { leastOnSimplex } from '../../src/arrays/simplex-quadratic.js';

const COUNT = 6;

/** Products of random vectors, in as many dimensions as `size`. */
function randomProducts(seed: number, size: number): Float64Array {
  const vectors = Array.from({ length: COUNT }, (_, k) =>
    Float64Array.from({ length: size }, (_, d) => mulberry32(seed, k * size + d) - 0.4),
  );
  return Float64Array.from({ length: COUNT * COUNT }, (_, i) => {
    const [a, b] = [vectors[Math.floor(i / COUNT)], vectors[i % COUNT]];
    return a?.reduce((sum, x, d) => sum + x * (b?.[d] ?? Number.NaN), 0) ?? Number.NaN;
  });
}

describe('leastOnSimplex', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('meets the optimality conditions, random seed %i', (seed) => {
    const quadratic = randomProducts(seed, 9);
    const linear = Float64Array.from({ length: COUNT }, (_, k) => mulberry32(seed, 1_000 + k) / 4);
    for (const bound of [0.25, 0.6, 1]) {
      const shares = leastOnSimplex(quadratic, linear, bound);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      // The slope is the same for all free shares; at 0 it is at least that, at the bound at most.
      const slopes = [...shares.keys()].map((i) =>
        shares.reduce(
          (sum, share, j) => sum + share * (quadratic[i * COUNT + j] as number),
          -(linear[i] as number),
        ),
      );
      const free = slopes.filter((_, k) => (shares[k] ?? 0) > 0 && (shares[k] ?? 0) < bound);
      const level = free[0] ?? Math.max(...slopes.filter((_, k) => shares[k] === bound));
      for (const [k, slope] of slopes.entries()) {
        const share = shares[k] as number;
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(bound);
        if (share === 0) expect(slope).toBeGreaterThan(level - 1e-12);
        else if (share === bound) expect(slope).toBeLessThan(level + 1e-12);
        else expect(slope).toBeCloseTo(level, 11);
      }
    }
  });

  it('puts the greatest share on the greatest linear term when the quadratic part is zero', () => {
    expect(leastOnSimplex(new Float64Array(9), Float64Array.of(1, 3, 2))).toEqual(
      Float64Array.of(0, 1, 0),
    );
    const bounded = leastOnSimplex(new Float64Array(9), Float64Array.of(1, 3, 2), 0.75);
    expect([bounded[0], bounded[1]]).toEqual([0, 0.75]);
    expect(bounded[2]).toBeCloseTo(0.25, 12);
  });

  it('refuses an empty problem and NaN', () => {
    expect(() => leastOnSimplex(new Float64Array(0), new Float64Array(0))).toThrow(/finite/);
    expect(() => leastOnSimplex(Float64Array.of(Number.NaN), Float64Array.of(0))).toThrow(/finite/);
  });
});
