/**
 * pairwiseDivergences against klDivergence of each pair, on more rows than a chunk has, with a probability of 0
 * and a row without an answer.
 */
import { expect, test } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { klDivergence } from '../../../src/ensemble/metrics/metrics.js';
import { pairwiseDivergences } from '../../../src/ensemble/metrics/pairwise-divergence.js';

const logits = (seed: number, length: number) =>
  Float32Array.from({ length }, (_, i) => 8 * mulberry32(seed, i) - 4);

test('pairwiseDivergences agrees with klDivergence of each pair', () => {
  const [rows, classes] = [70, 2000];
  const [a, b, c] = [1, 2, 3].map((seed) => logits(seed, rows * classes)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  a.fill(Number.NEGATIVE_INFINITY, 5, 9);
  // Without an answer in the second chunk.
  b.fill(Number.NEGATIVE_INFINITY, 40 * classes, 41 * classes);
  const found = pairwiseDivergences([a, b], [c, a], rows, classes);
  for (const [r, reference] of [a, b].entries()) {
    for (const [m, model] of [c, a].entries()) {
      const want = klDivergence(reference, model, rows, classes);
      if (Number.isFinite(want)) expect(found[r]?.[m]).toBeCloseTo(want, 10);
      else expect(found[r]?.[m]).toBe(want);
    }
  }
  expect(found[0]?.[1]).toBe(0);
  expect(found[1]?.[1]).toBe(Number.POSITIVE_INFINITY);
});

test('pairwiseDivergences of no rows is NaN', () => {
  const none = new Float32Array(0);
  expect(pairwiseDivergences([none], [none], 0, 3)).toEqual([[Number.NaN]]);
});
