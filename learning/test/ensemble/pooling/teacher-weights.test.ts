/** Weights against numbers computed by hand, and properties: shares sum to 1, equal teachers have equal weights. */
import { describe, expect, it } from 'vitest';
import { accuracyWeights } from '../../../src/ensemble/pooling/accuracy-weights.js';
import {
  type ConfidenceWeighting,
  confidenceWeights,
  entropies,
} from '../../../src/ensemble/pooling/confidence-weights.js';
import { caMkdWeights, crossEntropies } from '../../../src/ensemble/pooling/label-weights.js';

const CERTAIN = Float64Array.of(0, Number.NEGATIVE_INFINITY);
const EVEN = Float64Array.of(1, 1);

describe('accuracyWeights', () => {
  it('linear weights are proportional to the accuracies', () => {
    expect([...accuracyWeights('linear', [0.9, 0.6, 0.5], 10)]).toEqual([0.45, 0.3, 0.25]);
  });

  it('softmax weights halve for each t·ln 2 of accuracy', () => {
    const [best, worse] = accuracyWeights('softmax', [0.9, 0.9 - 0.2 * Math.LN2], 10, 0.2);
    expect(best).toBeCloseTo(2 / 3, 12);
    expect(worse).toBeCloseTo(1 / 3, 12);
  });

  it('log-odds weights are 0 for chance and below, and equal where all teachers are equally good or bad', () => {
    expect(accuracyWeights('log-odds', [0.8, 0.25, 0.1], 4)).toEqual(Float64Array.of(1, 0, 0));
    expect(accuracyWeights('log-odds', [0.1, 0], 4)).toEqual(Float64Array.of(0.5, 0.5));
    expect(accuracyWeights('log-odds', [1, 1], 4)).toEqual(Float64Array.of(0.5, 0.5));
  });

  it.each([[[]], [[0.5, 1.1]], [[Number.NaN]]])('refuses accuracies %j', (accuracies) => {
    expect(() => accuracyWeights('linear', accuracies, 2)).toThrow(/must be in \[0, 1\]/);
  });
});

describe('confidenceWeights', () => {
  const weightings: ConfidenceWeighting[] = ['ebkd', 'softmax', 'inverse', 'greatest', 'margin'];

  it.each(weightings)('%s: rows sum to 1, and the surer teacher has more', (weighting) => {
    const sure = Float64Array.of(3, 0, 0, 4, 0, 0);
    const unsure = Float64Array.of(1, 0, 0, 0, 0, 0);
    const [a = 0, b = 0, c = 0, d = 0] = confidenceWeights(weighting, [sure, unsure], 2, 3);
    expect(a + b).toBeCloseTo(1, 12);
    expect(c + d).toBeCloseTo(1, 12);
    expect(a).toBeGreaterThan(b);
    expect(c).toBeGreaterThan(d);
  });

  it.each(weightings)('%s: gives equal teachers equal weights, for any logits', (weighting) => {
    for (const logits of [CERTAIN, EVEN, Float64Array.of(1000, -1000)]) {
      const weights = confidenceWeights(weighting, [logits, logits, logits], 1, 2);
      for (const weight of weights) expect(weight).toBeCloseTo(1 / 3, 12);
    }
  });

  it.each(weightings)('%s: gives a single teacher all the weight', (weighting) => {
    expect(confidenceWeights(weighting, [EVEN], 1, 2)).toEqual(Float64Array.of(1));
  });

  it('ebkd gives a certain teacher at most 1/(K−1)', () => {
    expect([...confidenceWeights('ebkd', [CERTAIN, EVEN, EVEN], 1, 2)]).toEqual([0.5, 0.25, 0.25]);
  });

  it('entropies of a coin are ln 2, and 0 for a certain answer', () => {
    const [coin, certain] = entropies([EVEN, CERTAIN], 1, 2);
    expect(coin).toBeCloseTo(Math.LN2, 15);
    expect(certain).toBe(0);
  });
});

describe('caMkdWeights', () => {
  it('are 1 − softmax of the cross-entropies, over K − 1', () => {
    // Probabilities ½ and ¼ of the label: cross-entropies ln 2 and ln 4, their softmax ⅓ and ⅔.
    const teachers = [Float64Array.of(0, 0), Float64Array.of(0, Math.log(3))];
    const [a, b] = caMkdWeights(teachers, Int32Array.of(0), 2);
    expect(a).toBeCloseTo(2 / 3, 12);
    expect(b).toBeCloseTo(1 / 3, 12);
    expect(crossEntropies(teachers, Int32Array.of(0), 2)[1]).toBeCloseTo(Math.log(4), 12);
  });

  it('stay finite where a teacher gives the label probability 0', () => {
    expect([...caMkdWeights([CERTAIN, EVEN, EVEN], Int32Array.of(1), 2)]).toEqual([0, 0.5, 0.5]);
    expect([...caMkdWeights([CERTAIN, CERTAIN], Int32Array.of(1), 2)]).toEqual([0.5, 0.5]);
  });

  it('give a single teacher all the weight, and refuse a sample without a label', () => {
    expect([...caMkdWeights([EVEN], Int32Array.of(0), 2)]).toEqual([1]);
    expect(() => caMkdWeights([EVEN], Int32Array.of(-1), 2)).toThrow(/sample 0 needs a label/);
  });
});
