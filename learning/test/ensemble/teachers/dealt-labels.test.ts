/** The p-value of a permutation test, against all permutations counted by hand on few rows. */
import { describe, expect, it } from 'vitest';
import { dealtLabelsP } from '../../../src/ensemble/teachers/dealt-labels.js';

/** Scores [n, 2] from scores for class 1. */
const ofTwo = (said: readonly number[]) => said.flatMap((score) => [-score, score]);

/** The p-value of scores [n, C]. */
const dealtP = (scores: ArrayLike<number>, labels: Int32Array, classCount: number) =>
  dealtLabelsP((row, c) => scores[row * classCount + c] as number, labels);

/** The tolerance is three standard errors of the greatest p tested, with 1,999 permutations. */
const near = (p: number, exact: number) => expect(Math.abs(p - exact)).toBeLessThan(0.03);

describe('dealtLabelsP, the p-value of a permutation test', () => {
  it('is near the share of all permutations that fit as well', () => {
    // Class 1 has two of six rows: 15 permutations. Ranks 6 and 5: one fits as well. Ranks 6 and 4: two.
    // Ranks 6 and 3, or 5 and 4: four.
    const labels = (first: number, second: number) =>
      Int32Array.from({ length: 6 }, (_, row) => (row === first || row === second ? 1 : 0));
    const scores = ofTwo([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    near(dealtP(scores, labels(5, 4), 2), 1 / 15);
    near(dealtP(scores, labels(5, 3), 2), 2 / 15);
    near(dealtP(scores, labels(5, 2), 2), 4 / 15);
    expect(dealtP(scores, labels(0, 1), 2)).toBe(1);
  });

  it('is 1 where all rows have the same scores, also with probability 0', () => {
    const labels = Int32Array.from([0, 1, 2, 0]);
    expect(dealtP(new Float64Array(12), labels, 3)).toBe(1);
    const none = [0, 1, 2, 3].flatMap(() => [Math.log(0.5), Math.log(0.5), -Infinity]);
    expect(dealtP(none, Int32Array.from([0, 1, 1, 0]), 3)).toBe(1);
  });

  it('is near the p-value of the exact test of Fisher for final answers', () => {
    // Class 1 is named on 3 of 8 rows. All three right: one of 56 permutations; two right: 16 of 56.
    const labels = Int32Array.from([1, 1, 1, 0, 0, 0, 0, 0]);
    const said = (rows: readonly number[]) =>
      [...labels.keys()].flatMap((row) => (rows.includes(row) ? [0, 1] : [1, 0]));
    near(dealtP(said([0, 1, 2]), labels, 2), 1 / 56);
    near(dealtP(said([0, 1, 5]), labels, 2), 16 / 56);
  });
});
