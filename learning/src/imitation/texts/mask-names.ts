/**
 * Takes names of classes out of a text, so that an explanation does not simply repeat the answer. Pure.
 *
 * Names are found whatever their case, accents, invisible characters and punctuation between letters: `E.N.G.` is
 * `eng`, `sci-fi` is `Sci Fi`. A name of four letters or more is also found inside a word, which is then taken out
 * whole: `Germanic` for `German`. A shorter name must be a word of its own: `en`, but not `open`. In scripts without
 * spaces a name is found anywhere. Not found are other words for a name: synonyms, translations, letters that only
 * look alike.
 */
import { UNSPACED, WORD_CHARACTER } from './scripts.js';

/** Stands in place of each part that is taken out. */
export const MASK = '▮';

/** Shorter names occur inside too many words. */
const LONG_NAME = 4;

const WORDS = new RegExp(`${WORD_CHARACTER}+`, 'gu');
const IS_WORD = new RegExp(`^${WORD_CHARACTER}$`, 'u');
const IS_UNSPACED = new RegExp(`^${UNSPACED}$`, 'u');
/** Accents, and invisible joiners and marks. */
const UNSEEN = /[\p{Script=Inherited}\p{Cf}]/gu;
const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;
const BETWEEN_WORDS = String.raw`[^\p{L}\p{N}]*`;

/** @returns a function that takes these names out of a text. */
export function nameMask(names: Iterable<string>): (text: string) => string {
  // The longest names first: once `alpha beta` is out, no `beta` is left behind.
  const folded = [...new Set([...names].map((name) => fold(name).text.trim()))]
    .filter((name) => name !== '')
    .sort((a, b) => b.length - a.length);
  if (folded.length === 0) return (text) => text;
  const isLong = (name: string) => [...name.matchAll(WORDS)].join('').length >= LONG_NAME;
  const long = alternatives(folded.filter(isLong).map((name) => pattern(name, true)));
  const short = alternatives(folded.filter((name) => !isLong(name)).map(wholeWord));
  return (text) => {
    const seen = fold(text);
    const spans = [
      ...wholeWords(seen.text, matches(long, seen.text)),
      ...matches(short, seen.text),
    ];
    return masked(
      text,
      spans.map(([from, to]) => [seen.at(from), seen.at(to)] as const),
    );
  };
}

type Span = readonly [from: number, to: number];

/** The text in its compared form; `at(i)` is the place in `text` that code unit i comes from. */
function fold(text: string): { readonly text: string; at(index: number): number } {
  const origins: number[] = [];
  let out = '';
  let from = 0;
  for (const character of text) {
    // Upper case first, so that ß becomes ss and both small sigmas become one.
    const plain = character.toUpperCase().toLowerCase().normalize('NFKD').replace(UNSEEN, '');
    for (let i = 0; i < plain.length; i++) origins.push(from);
    out += plain;
    from += character.length;
  }
  return { text: out, at: (index) => origins[index] ?? text.length };
}

/** @param spaced - whether letters may stand apart: `G e r m a n`. */
function pattern(name: string, spaced: boolean): string {
  const between = spaced ? String.raw`[\p{P}\p{S}\s]?` : String.raw`[\p{P}\p{S}]?`;
  const words = name.match(WORDS) ?? [];
  if (words.length === 0) return escaped(name);
  return words.map((word) => [...word].map(escaped).join(between)).join(BETWEEN_WORDS);
}

function wholeWord(name: string): string {
  const characters = [...name.matchAll(WORDS)].join('');
  const edge = (character = '') =>
    IS_UNSPACED.test(character) || character === ''
      ? undefined
      : /^\p{N}$/u.test(character)
        ? String.raw`\p{N}`
        : String.raw`[\p{L}\p{M}]`;
  const [first, last] = [edge([...characters].at(0)), edge([...characters].at(-1))];
  const before = first === undefined ? '' : `(?<!${first})`;
  const after = last === undefined ? '' : `(?!${last})`;
  return `${before}${pattern(name, false)}${after}`;
}

function alternatives(patterns: readonly string[]): RegExp | undefined {
  return patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'gu');
}

function escaped(text: string): string {
  return text.replace(SPECIAL, String.raw`\$&`);
}

function matches(wanted: RegExp | undefined, text: string): Span[] {
  if (wanted === undefined) return [];
  return [...text.matchAll(wanted)].map(({ index, 0: own }) => [index, index + own.length]);
}

/** Extends spans to whole words at their ends. */
function wholeWords(text: string, spans: readonly Span[]): Span[] {
  const goesOn = (index: number) => {
    const character = text[index] ?? '';
    return IS_WORD.test(character) && !IS_UNSPACED.test(character);
  };
  const out: Span[] = [];
  let end = 0;
  for (const [from, to] of spans) {
    if (to <= end) continue;
    let first = from;
    while (first > end && goesOn(first) && goesOn(first - 1)) first -= 1;
    end = to;
    while (goesOn(end - 1) && goesOn(end)) end += 1;
    out.push([first, end]);
  }
  return out;
}

function masked(text: string, spans: readonly Span[]): string {
  let out = '';
  let end = 0;
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (to <= end) continue;
    if (from >= end) out += `${text.slice(end, from)}${MASK}`;
    end = to;
  }
  return out + text.slice(end);
}
