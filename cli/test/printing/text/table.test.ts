/** Tables and figures, against text written by hand. */
import { expect, test } from 'vitest';
import {
  ageText,
  bytesText,
  durationText,
  percentText,
  tableLines,
} from '../../../src/printing/text/index.js';

test('tableLines makes columns as wide as their widest cell, and ends lines without spaces', () => {
  const lines = tableLines(
    [
      { title: 'NAME', value: (r: { name: string; count?: number }) => r.name },
      { title: 'COUNT', value: (r) => r.count, align: 'right' },
      { title: 'X', value: () => '' },
    ],
    [{ name: 'a', count: 5 }, { name: 'longer', count: 12345678 }, { name: 'né' }],
  );
  expect(lines).toEqual([
    'NAME       COUNT  X',
    'a              5  -',
    'longer  12345678  -',
    'né             -  -',
  ]);
});

test('tableLines replaces the line ends of a cell', () => {
  expect(tableLines([{ title: 'A', value: (r: string) => r }], ['one\ntwo'])).toEqual([
    'A',
    'one two',
  ]);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [104_040, '104 kB'],
  [12_345_678, '12.3 MB'],
  [999_999, '1.00 MB'],
  [9_999, '10.0 kB'],
])('bytesText of %d is %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [499, '0 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [3_661_000, '1 h 1 min'],
  [49 * 3_600_000, '2 d 1 h'],
])('durationText of %d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));

test.each([
  [-5, '0 s'],
  [119_900, '119 s'],
  [120_000, '2 min'],
  [7_199_000, '119 min'],
  [7_200_000, '2 h'],
  [2 * 86_400_000 - 1, '47 h'],
  [3 * 86_400_000 + 14_400_000, '3 d'],
  [1_000 * 86_400_000, '1,000 d'],
])('ageText of %d ms is %s', (ms, text) => expect(ageText(ms)).toBe(text));

test('percentText gives a share in percent', () => expect(percentText(0.93214)).toBe('93.21 %'));
