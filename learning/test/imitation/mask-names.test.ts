/** Ways in which a chat may write a class name so that people still read it. */
import { expect, it } from 'vitest';
import { MASK, nameMask } from '../../src/imitation/texts/mask-names.js';

const mask = nameMask(['deu', 'eng', 'German', 'English', 'sci-fi', 'New York', 'A', 'Français', '中文', '7', 'Straße', 'C++']); // biome-ignore format: one line

it.each([
  ['It is ENG.', 'It is ▮.'],
  ['eng_Latn, (eng) and **eng**; "Eng"', '▮_Latn, (▮) and **▮**; "▮"'],
  ['e.n.g. or e-n-g', '▮. or ▮'],
  ["the eng's verbs", "the ▮'s verbs"],
  ['GERMAN, german, GeRmAn', '▮, ▮, ▮'],
  ['a Germanic, non-German text of Germans', '▮ ▮, non-▮ text of ▮'],
  ['G e r m a n, G-E-R-M-A-N', '▮, ▮'],
  ['ger\u00adman, Ger\u200bman', '▮, ▮'],
  ['ＧＥＲＭＡＮ in full width', '▮ in full width'],
  ['Gérmân with accents', '▮ with accents'],
  ['Ge\u0301rman', '▮'],
  ['in sci fi, SciFi, SCI–FI', 'in ▮, ▮, ▮'],
  ['a New Yorker of new-york', '▮ ▮ of ▮'],
  ['FRANCAIS, français, Franc\u0327ais', '▮, ▮, ▮'],
  ['这是中文的句子', '这是▮的句子'],
  ['STRASSE', '▮'],
  ['class 7, not 17', 'class ▮, not 17'],
  ['letter: A', 'letter: ▮'],
])('nameMask masks class names in %j', (text, masked) => {
  expect(mask(text)).toBe(masked);
});

it.each([
  'length and strength', // eng within a word: too short to be looked for there
  'an open sentence',
  'accents as in é, ß and ñ stay',
  '',
])('nameMask leaves %j unchanged', (text) => {
  expect(mask(text)).toBe(text);
});

it('nameMask masks the longer of two names that begin alike', () => {
  expect(nameMask(['alpha', 'alpha beta'])('alpha beta, alpha')).toBe(`${MASK}, ${MASK}`);
});

it('nameMask takes signs in names literally, and ignores empty names', () => {
  expect(nameMask(['a.b', '(x'])('a.b axb (x')).toBe(`${MASK} axb (${MASK}`);
  expect(nameMask(['+', '-'])('1 + 2')).toBe(`1 ${MASK} 2`);
  expect(nameMask(['', ' '])('as it was')).toBe('as it was');
});

it('nameMask masks the start of a text of 70,000 characters', () => {
  const text = `${'german'.repeat(2000)} ${'g.'.repeat(20_000)} ${'文'.repeat(20_000)}`;
  expect(mask(text).startsWith(`${MASK} g.`)).toBe(true);
});
