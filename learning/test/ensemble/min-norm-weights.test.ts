/** Against the optimality conditions on random problems, a grid over the shares, and cases that can be seen at once. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/data/hashing.js';
import { minNormWeights } from '../../src/ensemble/index.js';
import { leastOnSimplex } from '../../src/ensemble/simplex-quadratic.js';

function randomGradients(seed: number, count: number, size: number): Float64Array[] {
  return Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: size }, (_, d) => mulberry32(seed, k * size + d) - 0.4),
  );
}

function lengthOf(gradients: readonly Float64Array[], weights: ArrayLike<number>): number {
  let sum = 0;
  for (let d = 0; d < (gradients[0]?.length ?? 0); d++) {
    const value = gradients.reduce((s, g, k) => s + (weights[k] as number) * (g[d] as number), 0);
    sum += value * value;
  }
  return sum;
}

describe('minNormWeights', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is optimal for random gradients, seed %i', (seed) => {
    const gradients = randomGradients(seed, 6, 9);
    for (const bound of [0.25, 0.6, 1]) {
      const weights = minNormWeights(gradients, bound);
      expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
      // The slope of each free weight is one number; at 0 it is no less, at the bound no more.
      const slopes = gradients.map((own) =>
        own.reduce((s, x, d) => s + x * mixed(gradients, weights, d), 0),
      );
      const free = slopes.filter((_, k) => (weights[k] ?? 0) > 0 && (weights[k] ?? 0) < bound);
      const level = free[0] ?? Math.max(...slopes.filter((_, k) => weights[k] === bound));
      for (const [k, slope] of slopes.entries()) {
        const weight = weights[k] as number;
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(weight).toBeLessThanOrEqual(bound);
        if (weight === 0) expect(slope).toBeGreaterThan(level - 1e-12);
        else if (weight === bound) expect(slope).toBeLessThan(level + 1e-12);
        else expect(slope).toBeCloseTo(level, 11);
      }
    }
  });

  it('is no longer than any mixture on a grid', () => {
    const gradients = randomGradients(99, 3, 4);
    const least = lengthOf(gradients, minNormWeights(gradients, 1));
    for (let a = 0; a <= 50; a++) {
      for (let b = 0; a + b <= 50; b++) {
        const grid = [a / 50, b / 50, (50 - a - b) / 50];
        expect(least).toBeLessThanOrEqual(lengthOf(gradients, grid) + 1e-15);
      }
    }
  });

  it('cancels opposite gradients, the longer with less weight', () => {
    const [a, b] = minNormWeights([Float64Array.of(3, 0), Float64Array.of(-1, 0)], 1);
    expect(a).toBeCloseTo(0.25, 12);
    expect(b).toBeCloseTo(0.75, 12);
  });

  it('is equal below the least bound, and for a lone teacher', () => {
    const gradients = randomGradients(5, 4, 3);
    expect([...minNormWeights(gradients, 0.2)]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect([...minNormWeights(randomGradients(5, 1, 3))]).toEqual([1]);
  });

  it('normalized, takes no account of the lengths that it solves with', () => {
    const [g = new Float64Array(), h = new Float64Array()] = randomGradients(7, 2, 5);
    const [a = 0, b = 0] = minNormWeights([g, h], 1, true);
    const [c = 0, d = 0] = minNormWeights([g.map((x) => 10 * x), h], 1, true);
    expect((10 * c) / d).toBeCloseTo(a / b, 10);
  });

  it('keeps finite weights for gradients of 0', () => {
    const zero = new Float64Array(3);
    for (const normalized of [false, true]) {
      const weights = minNormWeights([zero, zero], 0.6, normalized);
      expect([...weights]).toEqual([0.5, 0.5]);
    }
  });

  it('refuses gradients of different lengths, none and NaN', () => {
    expect(() => minNormWeights([new Float64Array(2), new Float64Array(3)])).toThrow(/2, 3/);
    expect(() => minNormWeights([])).toThrow(/finite/);
    expect(() => minNormWeights([Float64Array.of(Number.NaN)])).toThrow(/finite/);
  });
});

describe('leastOnSimplex', () => {
  it('goes to the end of a direction without curvature', () => {
    expect(leastOnSimplex(new Float64Array(9), Float64Array.of(1, 3, 2))).toEqual(
      Float64Array.of(0, 1, 0),
    );
    const bounded = leastOnSimplex(new Float64Array(9), Float64Array.of(1, 3, 2), 0.75);
    expect([bounded[0], bounded[1]]).toEqual([0, 0.75]);
    expect(bounded[2]).toBeCloseTo(0.25, 12);
  });
});

function mixed(gradients: readonly Float64Array[], weights: Float64Array, d: number): number {
  return gradients.reduce((sum, own, k) => sum + (weights[k] as number) * (own[d] as number), 0);
}
