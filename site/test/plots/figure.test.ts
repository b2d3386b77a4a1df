/** Cells of tables in pages. */
import { expect, it } from 'vitest';
import { figureOf } from '../../src/plots/figure.js';

it.each([
  ['94.2 %', { value: 94.2, low: 94.2, high: 94.2 }],
  ['24,790', { value: 24_790, low: 24_790, high: 24_790 }],
  ['94.00 ± 0.25 %', { value: 94, low: 93.75, high: 94.25 }],
  ['+1.00 (0.74 to 1.25)', { value: 1, low: 0.74, high: 1.25 }],
  ['−0.69 (−3.95 to +2.58)', { value: -0.69, low: -3.95, high: 2.58 }],
])('figureOf reads %s', (cell, want) => {
  expect(figureOf(cell)).toEqual(want);
});

it.each(['', 'none', '99.3 to 99.4 %', '94.2 % of 200', '1.2 (3)'])(
  'figureOf "%s" is undefined',
  (cell) => {
    expect(figureOf(cell)).toBeUndefined();
  },
);
