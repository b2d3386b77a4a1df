/**
 * Takes names out of a text, so that an explanation of an answer is not the answer by another name. Pure.
 *
 * Compared is without case, accents and characters that nobody sees, and without punctuation between letters: `E.N.G.` is
 * `eng`, `sci-fi` is `Sci Fi`. A name of four letters or more is also found within a word, which then goes as a whole,
 * `Germanic` for `German`; a shorter one is a word of its own, `en` and not `open`. In scripts without spaces a name is
 * found wherever it stands. What is said in other words stays: synonyms, translations, letters that only look alike.
 */
import { UNSPACED, WORD_CHARACTER } from './scripts.js';

/** In the place of whatever is taken out. */
export const MASK = '▮';

/** Shorter names are parts of too many words. */
const LONG_NAME = 4;

const WORDS = new RegExp(`${WORD_CHARACTER}+`, 'gu');
const IS_WORD = new RegExp(`^${WORD_CHARACTER}$`, 'u');
const IS_UNSPACED = new RegExp(`^${UNSPACED}$`, 'u');
/** Accents, and joiners and marks that nobody sees. */
const UNSEEN = /[\p{Script=Inherited}\p{Cf}]/gu;
const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;
const BETWEEN_WORDS = String.raw`[^\p{L}\p{N}]*`;

/** @returns what takes these names out of a text. */
export function nameMask(names: Iterable<string>): (text: string) => string {
  // The longest first: `alpha beta` leaves no `beta` behind.
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

/** Where a code unit of the folded text comes from is `at` of it. */
function fold(text: string): { readonly text: string; at(index: number): number } {
  const origins: number[] = [];
  let out = '';
  let from = 0;
  for (const character of text) {
    // Upper case first: ß is ss, and there is one sigma.
    const plain = character.toUpperCase().toLowerCase().normalize('NFKD').replace(UNSEEN, '');
    for (let i = 0; i < plain.length; i++) origins.push(from);
    out += plain;
    from += character.length;
  }
  return { text: out, at: (index) => origins[index] ?? text.length };
}

/** @param spaced - letters may stand apart: `G e r m a n`. */
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

/** Spans with what else belongs to the words at their ends. */
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
