/** `textWidth` and `cutToWidth`, by the columns that terminals give characters (Unicode Standard Annex 11). */
import { expect, test } from 'vitest';
import { cutToWidth, tableLines, textWidth } from '../../../src/printing/text/index.js';

test.each([
  ['', 0],
  ['wide', 4],
  ['né', 2],
  ['ne\u0301', 2],
  ['日本語', 6],
  ['한국어', 6],
  // As macOS writes names of files: a syllable is two or three code points.
  ['한국어'.normalize('NFD'), 6],
  ['ㄅㄆㄇ㈱', 8],
  ['ひらカタ', 8],
  ['ｶﾀｶﾅ', 4],
  ['（全）', 6],
  ['🐈', 2],
  ['❤', 1],
  // A flag, a tone of skin, a family, a key: each of two to seven code points.
  ['🇩🇪', 2],
  ['👍🏽', 2],
  ['👩‍👩‍👧‍👦', 2],
  ['1️⃣', 2],
  ['❤️', 2],
  ['ﾊﾞｽ', 3],
  ['▏█·…', 4],
  ['Ωжअ', 3],
  ['a\u200bb\ufeff', 2],
])('textWidth of %j is %d columns', (text, columns) => {
  expect(textWidth(text)).toBe(columns);
});

test.each([
  ['digits', 3, 'dig'],
  ['digits', 9, 'digits'],
  ['日本語', 5, '日本'],
  ['🐈🐕', 1, ''],
  ['ne\u0301e', 2, 'ne\u0301'],
  ['👍🏽👍🏽', 3, '👍🏽'],
  ['a👩‍👩‍👧‍👦', 2, 'a'],
])('cutToWidth of %j and %d columns', (text, columns, cut) => {
  expect(cutToWidth(text, columns)).toBe(cut);
});

test('tableLines aligns columns with names in any script', () => {
  const columns = [
    { title: 'CLASS', value: ([name]: readonly [string, number]) => name },
    { title: 'N', value: ([, count]: readonly [string, number]) => count },
  ];
  expect(
    tableLines(columns, [
      ['日本語', 1],
      ['cat', 2],
    ]),
  ).toEqual(['CLASS   N', '日本語  1', 'cat     2']);
});
