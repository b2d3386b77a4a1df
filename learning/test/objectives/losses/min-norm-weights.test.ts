/** Weights against a second implementation (float64, by exchanges) on random problems, and cases solved by hand. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { leastOnSimplex } from '../../../src/arrays/simplex-quadratic.js';
import { AEKD_MAX_TEACHERS } from '../../../src/ensemble/rules/aekd.js';
import { minNormWeights } from '../../../src/objectives/losses/min-norm-weights.js';
import { openEngine } from '../../../src/tensorflow/engine/engine.js';

const { tf } = await openEngine();

const SIZE = 12;

function randomGradients(seed: number, count: number): number[][] {
  return Array.from({ length: count }, (_, k) =>
    Array.from({ length: SIZE }, (_, d) => Math.fround(mulberry32(seed, k * SIZE + d) - 0.4)),
  );
}

function weightsOf(gradients: number[][], bound: number): number[] {
  const before = tf.memory().numTensors;
  const weights = tf.tidy(() => [...minNormWeights(tf, tf.tensor2d(gradients), bound).dataSync()]);
  expect(tf.memory().numTensors).toBe(before);
  return weights;
}

function exactWeights(gradients: number[][], bound: number): Float64Array {
  const products = gradients.flatMap((a) =>
    gradients.map((b) => a.reduce((sum, x, d) => sum + x * (b[d] as number), 0)),
  );
  return leastOnSimplex(Float64Array.from(products), new Float64Array(gradients.length), bound);
}

describe('minNormWeights', () => {
  it.each([2, 3, 4, 5, 6, 7, AEKD_MAX_TEACHERS])('is the exact solution, %i gradients', (count) => {
    for (const bound of [0.25, 0.6, 1]) {
      for (let seed = 1; seed <= 5; seed++) {
        const gradients = randomGradients(seed, count);
        const exact = exactWeights(gradients, bound);
        for (const [k, weight] of weightsOf(gradients, bound).entries()) {
          expect(Math.abs(weight - (exact[k] as number))).toBeLessThan(1e-4);
        }
      }
    }
  });

  it('does not depend on the common scale of the gradients', () => {
    const gradients = randomGradients(3, 4);
    const small = gradients.map((own) => own.map((x) => x * 2 ** -40));
    expect(weightsOf(small, 0.6)).toEqual(weightsOf(gradients, 0.6));
  });

  it('cancels opposite gradients, with less weight on the longer', () => {
    const [a, b] = weightsOf([[3, 0], [-1, 0]], 1); // biome-ignore format: rows
    expect(a).toBeCloseTo(0.25, 5);
    expect(b).toBeCloseTo(0.75, 5);
  });

  it('gives equal weights below the least bound, and a single teacher all the weight', () => {
    expect(weightsOf(randomGradients(5, 4), 0.2)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(weightsOf(randomGradients(5, 1), 0.6)).toEqual([1]);
  });

  it('gives finite weights for gradients of 0', () => {
    const weights = weightsOf([[0, 0, 0], [0, 0, 0]], 0.6); // biome-ignore format: rows
    expect(weights.every(Number.isFinite)).toBe(true);
    expect((weights[0] ?? 0) + (weights[1] ?? 0)).toBeCloseTo(1, 6);
  });

  it('refuses 0 teachers and more than 8', () => {
    for (const count of [0, AEKD_MAX_TEACHERS + 1]) {
      const none = tf.zeros([count, 2]) as Parameters<typeof minNormWeights>[1];
      expect(() => minNormWeights(tf, none, 0.6)).toThrow(/at most 8 teachers, got/);
      none.dispose();
    }
  });
});
