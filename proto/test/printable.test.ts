// Every control character and direction mark by its code, and texts that attack terminals.
import { expect, test } from 'vitest';
import { printable, printableJson, printableTexts } from '../src/printable.js';

const BIDI = [0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067];
const codes = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, n) => 0x7f + n),
  ...[...BIDI, 0x2068, 0x2069, 0x2028, 0x2029],
];

test('printable escapes control characters and direction marks, except line ends and tabs', () => {
  for (const code of codes) {
    const character = String.fromCharCode(code);
    const shown = printable(`a${character}b`);
    if (character === '\n' || character === '\t') expect(shown).toBe(`a${character}b`);
    else expect(shown).toMatch(/^a\\(x[0-9a-f]{2}|u[0-9a-f]{4})b$/);
  }
});

test.each([
  ['a title', '\u001b]0;owned\u0007', '\\x1b]0;owned\\x07'],
  ['a cleared screen', 'x\u001b[2J\u001b[H', 'x\\x1b[2J\\x1b[H'],
  ['an eight-bit sequence', '\u009b31mred', '\\x9b31mred'],
  ['a line written over', 'failed\rsucceeded', 'failed\\x0dsucceeded'],
  ['letters turned round', 'gpj\u202eexe.', 'gpj\\u202eexe.'],
  ['letters rubbed out', 'bad\b\b\bgood', 'bad\\x08\\x08\\x08good'],
])('printable escapes %s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('printable keeps letters of any script', () => {
  for (const text of ['Bär, naïve, 漢字, שלום, 👩‍🔬', 'two\nlines\tand a tab']) {
    expect(printable(text)).toBe(text);
  }
});

test('printableTexts changes only the texts of a value', () => {
  const data = { a: ['x\u202ey', 1, null, Number.NaN], b: { c: '\u001b', d: undefined }, e: true };
  expect(printableTexts(data)).toEqual({
    a: ['x\\u202ey', 1, null, Number.NaN],
    b: { c: '\\x1b', d: undefined },
    e: true,
  });
});

test('printableJson keeps the meaning of JSON', () => {
  const value = { [String.fromCharCode(...codes)]: codes.map((code) => String.fromCharCode(code)) };
  const text = printableJson(JSON.stringify(value, null, 2));
  expect(JSON.parse(text)).toEqual(value);
  expect(printable(text)).toBe(text);
});
