/** Weights and pools that no run uses, against sums taken by hand. */
import { describe, expect, it } from 'vitest';
import { adapterWeights } from '../../../src/conformance/reference/adapter-weights.js';
import { quorumMean } from '../../../src/conformance/reference/quorum-mean.js';
import { poolSparse } from '../../../src/conformance/reference/sparse-pool.js';

const log = (...probabilities: number[]) => Float64Array.from(probabilities, Math.log);

describe('quorumMean', () => {
  const a = log(0.8, 0.2);
  const b = log(0.2, 0.8);

  it('weighs the teachers that have answered', () => {
    const [p] = quorumMean(1, [a, undefined, b], [3, 5, 1], 2, 1, 2) ?? [];
    expect(p).toBeCloseTo((3 * 0.8 + 0.2) / 4, 12);
  });

  it('is null below the quorum, without answers and without weight', () => {
    expect(quorumMean(1, [a, undefined], [1, 1], 2, 1, 2)).toBeNull();
    expect(quorumMean(1, [undefined], [1], 0, 1, 2)).toBeNull();
    expect(quorumMean(1, [a, undefined], [0, 1], 1, 1, 2)).toBeNull();
  });

  it('refuses an answer without a weight', () => {
    expect(() => quorumMean(1, [a, b], [1], 1, 1, 2)).toThrow(/weight/);
  });
});

describe('poolSparse', () => {
  const rows = [
    { ids: [2, 0], probabilities: [0.5, 0.3] },
    { ids: [1], probabilities: [0.7] },
  ];

  it('keeps the mass that was not sent in the residual', () => {
    const { ids, probabilities, residual } = poolSparse(rows, [1, 1], 4, 'residual');
    expect([...ids]).toEqual([0, 1, 2]);
    for (const [i, want] of [0.15, 0.35, 0.25].entries()) {
      expect(probabilities[i]).toBeCloseTo(want, 12);
    }
    expect(residual).toBeCloseTo(0.25, 12);
  });

  it('spreads the mass that was not sent over the classes that were not sent, with "uniform"', () => {
    // Residuals: 0.2 over two classes and 0.3 over three, 0.1 each.
    const { probabilities, residual } = poolSparse(rows, [1, 1], 4, 'uniform');
    for (const [i, want] of [0.2, 0.4, 0.3].entries()) {
      expect(probabilities[i]).toBeCloseTo(want, 12);
    }
    expect(residual).toBeCloseTo(0.1, 12);
  });

  it('has a residual of 0 where all classes are sent, also for a sum above 1', () => {
    const all = { ids: [0, 1], probabilities: [0.6, 0.4001] };
    expect(poolSparse([all], [1], 2, 'uniform').residual).toBe(0);
  });

  it.each([
    [[4], [1]],
    [
      [0, 0],
      [0.5, 0.5],
    ],
    [[0, 1], [0.5]],
  ])('refuses classes %j with probabilities %j', (ids, probabilities) => {
    expect(() => poolSparse([{ ids, probabilities }], [1], 4, 'residual')).toThrow(/teacher 0/);
  });
});

describe('adapterWeights', () => {
  it('is the softmax of W · (θ ⊙ β)', () => {
    const [a, b] = adapterWeights(
      [2, 1],
      [
        [1, 0],
        [0, 1],
      ],
      [Math.LN2, Math.log(2)],
    );
    // Scores 2 ln 2 and ln 2.
    expect(a).toBeCloseTo(2 / 3, 12);
    expect(b).toBeCloseTo(1 / 3, 12);
  });

  it('refuses vectors of different lengths', () => {
    expect(() => adapterWeights([1, 2], [[1]], [1, 2])).toThrow(/one length/);
  });
});
