/** Against text written by hand. */
import { expect, test } from 'vitest';
import {
  bytesText,
  durationText,
  percentText,
  tableLines,
} from '../../../src/printing/text/index.js';

test('columns are as wide as their widest cell, numbers go right, lines end without spaces', () => {
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

test('a cell cannot break its line', () => {
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
])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [499, '0 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [3_661_000, '1 h 1 min'],
  [49 * 3_600_000, '2 d 1 h'],
])('%d ms are %s', (ms, text) => expect(durationText(ms)).toBe(text));

test('shares are percent', () => expect(percentText(0.93214)).toBe('93.21 %'));
