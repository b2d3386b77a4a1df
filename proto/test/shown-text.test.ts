/** Which parts of a text from another program may be in a message. */
import { expect, it } from 'vitest';
import { shownText } from '../src/index.js';

it.each([
  ['plain words', 'plain words'],
  ['  a\r\nb\tc\0d ', 'a b c d'],
  ['\x1b[31mred\x1b[0m \x9b2J', '[31mred [0m 2J'],
  ['ab\u202egnp.exe\u2066\u200b', 'ab gnp.exe'],
  ['line\u2028line\u2029', 'line line'],
  ['Bär 数 🙂', 'Bär 数 🙂'],
  ['', ''],
])('shownText of %j is %j', (text, shown) => expect(shownText(text, 40)).toBe(shown));

it('shownText is limited in length for any text', () => {
  expect(shownText('x'.repeat(41), 40)).toBe(`${'x'.repeat(40)}…`);
  expect(shownText('x'.repeat(10_000_000), 40)).toBe(`${'x'.repeat(40)}…`);
  expect(shownText(`${'\n'.repeat(10_000_000)}x`, 40)).toBe('…');
});
