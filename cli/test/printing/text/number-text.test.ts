/** `pluralText`, `signed` and `points` against text written by hand. */
import { expect, test } from 'vitest';
import { pluralText, points, signed } from '../../../src/printing/text/number-text.js';

test('signed and points show a sign, unless the number is rounded to 0', () => {
  expect([0.42, -0.42].map((value) => signed(value, 2))).toEqual(['+0.42', '−0.42']);
  const nothing = [0, -0, 0.004, -0.004, -1e-17].map((value) => signed(value, 2));
  expect(new Set(nothing)).toEqual(new Set(['0.00']));
  expect([-0.00004, -0.00006].map(points)).toEqual(['0.00', '−0.01']);
});

test('pluralText has one of a kind, and several or none', () => {
  expect([0, 1, 1234].map((count) => pluralText(count, 'run'))).toEqual([
    '0 runs',
    '1 run',
    '1,234 runs',
  ]);
});
