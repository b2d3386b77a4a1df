/** Marks of axes, with texts by hand. */
import { expect, it } from 'vitest';
import { axisTexts } from '../src/web/charts/axis-texts.js';

it.each([
  [
    [0, 1000, 2000, 12_500],
    ['0', '1K', '2K', '12.5K'],
  ],
  [
    [0, 5e-4, 0.001],
    ['0', '5e-4', '0.001'],
  ],
  [
    [0.1 + 0.2, -2.5e-5],
    ['0.3', '-2.5e-5'],
  ],
  [
    [null, 50, null],
    ['', '50', ''],
  ],
])('an axis at %j says %j', (splits, texts) => {
  expect(axisTexts(splits)).toEqual(texts);
});

it.each([
  [
    [1165, 1167.5, 1170],
    ['1,165', '1,167.5', '1,170'],
  ],
  [
    [100_000, 100_100, 100_200],
    ['100,000', '100,100', '100,200'],
  ],
  [
    [1.125e-4, 1.13e-4],
    ['1.125e-4', '1.13e-4'],
  ],
])('numbers that are close have all their digits: %j', (splits, texts) => {
  expect(axisTexts(splits)).toEqual(texts);
});

it('has at most nine digits', () => {
  expect(axisTexts([1, 1 + 1e-12])).toEqual(['1', '1']);
});
