/** Rows whose differences are worked out by hand. */
import { expect, it } from 'vitest';
import { compareAnswers } from '../../../src/evaluation/verification/compare-answers.js';

it('compareAnswers finds no difference between equal rows', () => {
  const rows = Float32Array.of(1, 2, 3, 4);
  expect(compareAnswers(rows, rows.slice(), 2, true)).toEqual({
    rowCount: 2,
    equalRowCount: 2,
    maxDifference: 0,
    divergence: 0,
  });
  expect(compareAnswers(new Float32Array(2), new Float32Array(2), 2, false).divergence).toBe(0);
});

it('compareAnswers counts a row as unequal that differs only in the sign of zero', () => {
  const found = compareAnswers(Float32Array.of(0, 1, 2, 3), Float32Array.of(-0, 1, 2, 3), 2, true);
  expect(found).toMatchObject({ equalRowCount: 1, maxDifference: 0, divergence: 0 });
});

it('compareAnswers measures logits by the divergence from stored to new ones, averaged over rows', () => {
  // p = (3/4, 1/4), q = (1/2, 1/2); the other row is equal.
  const stored = Float32Array.of(Math.log(3), 0, 0, 0);
  const found = compareAnswers(stored, new Float32Array(4), 2, true);
  expect(found.equalRowCount).toBe(1);
  expect(found.maxDifference).toBeCloseTo(Math.log(3), 6);
  const divergence = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
  expect(found.divergence).toBeCloseTo(divergence / 2, 6);
});

it('compareAnswers measures features by their squared difference relative to their squared norm', () => {
  const found = compareAnswers(Float32Array.of(3, 4, 0, 0), Float32Array.of(3, 5, 0, 0), 4, false);
  expect(found).toMatchObject({ maxDifference: 1, divergence: 1 / 25 });
});
