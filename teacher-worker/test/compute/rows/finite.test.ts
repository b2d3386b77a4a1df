/** One bad value among good ones, at a known place. */
import { expect, it } from 'vitest';
import { requireFinite } from '../../../src/compute/rows/finite.js';

function logits(...values: number[]) {
  return { name: 'logits', width: 2, values: Float32Array.from(values) };
}

it('requireFinite accepts finite values, however large', () => {
  expect(() => requireFinite(logits(0, -3e38, 3e38, 1e-45))).not.toThrow();
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s', (bad) => {
  expect(() => requireFinite(logits(0, 1, 2, bad))).toThrow(`logits is ${bad} at row 1, value 1`);
});

it('requireFinite names the sample when it is known', () => {
  const samples = Uint32Array.of(7, 1503);
  expect(() => requireFinite(logits(0, 1, Number.NaN, 2), samples)).toThrow(
    'logits is NaN at sample 1503 of the set, value 0; a teacher must give finite numbers',
  );
});
