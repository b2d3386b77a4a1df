/** Weights against the optimality conditions, on random problems, and one problem solved by hand. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import {
  mixtureEmStep,
  mixtureNll,
  mixtureRatios,
  mixtureWeights,
} from '../../../src/ensemble/pooling/mixture-weights.js';

function randomProbabilities(seed: number, teachers: number, samples: number): Float64Array[] {
  return Array.from({ length: teachers }, (_, k) =>
    Float64Array.from({ length: samples }, (_, n) => mulberry32(seed, k * samples + n) ** (k + 1)),
  );
}

describe('mixtureWeights', () => {
  it.each([1, 2, 3, 4, 5, 6])('meets the optimality conditions, seed %i', (seed) => {
    const probabilities = randomProbabilities(seed, 5, 200);
    const weights = mixtureWeights(probabilities);
    expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
    for (const [k, ratio] of mixtureRatios(probabilities, weights).entries()) {
      if (weights[k] === 0) expect(ratio).toBeLessThanOrEqual(1 + 1e-12);
      else expect(ratio).toBeCloseTo(1, 11);
    }
  });

  it('finds the interior optimum of two teachers that are right on different samples', () => {
    // The first teacher is right on ¾ of the samples: log(w ·.9 + (1−w)·.1) three times, its mirror once; w = 0.8125.
    const first = Float64Array.of(0.9, 0.9, 0.9, 0.1);
    const [a, b] = mixtureWeights([first, first.map((p) => 1 - p)]);
    expect(a).toBeCloseTo(0.8125, 12);
    expect(b).toBeCloseTo(0.1875, 12);
  });

  it('gives exactly 0 to a teacher that is worse on every sample', () => {
    const good = Float64Array.of(0.9, 0.8, 0.7);
    expect([...mixtureWeights([good, good.map((p) => p - 0.01)])]).toEqual([1, 0]);
  });

  it('gives equal teachers equal weights, and accepts labels of probability 0', () => {
    const own = Float64Array.of(0.2, 0.7);
    expect([...mixtureWeights([own, own])]).toEqual([0.5, 0.5]);
    const weights = mixtureWeights([Float64Array.of(1, 0), Float64Array.of(0, 0)]);
    expect(weights[0]).toBeCloseTo(1, 9);
  });

  it('gives equal teachers among others equal weights, together what one of them would get', () => {
    const [a, b, c] = randomProbabilities(3, 3, 100) as [Float64Array, Float64Array, Float64Array];
    const [ofA = 0, ofB = 0, ofC = 0] = mixtureWeights([a, b, c]);
    const [first, second, third, fourth, fifth] = mixtureWeights([a, b, a, c, a]);
    expect([third, fifth]).toEqual([first, first]);
    expect(3 * (first ?? 0)).toBeCloseTo(ofA, 9);
    expect(second).toBeCloseTo(ofB, 9);
    expect(fourth).toBeCloseTo(ofC, 9);
  });

  it('has a loss at most that of EM, whose loss never rises', () => {
    const probabilities = randomProbabilities(11, 4, 50);
    const best = mixtureNll(probabilities, mixtureWeights(probabilities));
    let weights = new Float64Array(4).fill(0.25);
    let last = mixtureNll(probabilities, weights);
    for (let step = 0; step < 200; step++) {
      weights = Float64Array.from(mixtureEmStep(probabilities, weights));
      const loss = mixtureNll(probabilities, weights);
      expect(loss).toBeLessThanOrEqual(last + 1e-15);
      expect(best).toBeLessThanOrEqual(loss + 1e-15);
      last = loss;
    }
  });

  it.each([
    [[]],
    [[new Float64Array()]],
    [[Float64Array.of(1), new Float64Array()]],
    [[Float64Array.of(1.5)]],
  ])('refuses %j', (probabilities) => {
    expect(() => mixtureWeights(probabilities)).toThrow(/probability of its label/);
  });
});
