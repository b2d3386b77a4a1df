/**
 * Parts of the tokenizer library in JavaScript that compute otherwise than the library in Rust, with which models are
 * trained, replaced in a tokenizer that the library has built. What a file alone can say is in exact-tokenizer.ts.
 *
 * @see https://github.com/huggingface/tokenizers
 */
import type { Tokenizer } from '@huggingface/tokenizers';
import { SPACE } from './exact-tokenizer.js';
import { precompiledCharacters } from './precompiled-characters.js';

/** @throws {Error} if a table of characters is damaged. */
export function useOwnParts(tokenizer: Tokenizer): void {
  useOwnCharacters(tokenizer.normalizer);
  useOwnCuts(tokenizer.pre_tokenizer);
  useOwnPieces(tokenizer.model as Model | null);
}

/** A normaliser as the library builds it. */
interface Normalizer {
  readonly config: object;
  normalize(text: string): string;
  readonly normalizers?: readonly (Normalizer | null)[];
}

type Json = Readonly<Record<string, unknown>>;

/** Makes normalisers use the file's own table of characters; the library has one fixed rule instead. */
function useOwnCharacters(normalizer: Normalizer | null): void {
  if (normalizer === null) return;
  for (const one of normalizer.normalizers ?? []) useOwnCharacters(one);
  const { type, precompiled_charsmap: table } = normalizer.config as Json;
  if (type !== 'Precompiled' || typeof table !== 'string') return;
  normalizer.normalize = precompiledCharacters(table);
}

/** A pre-tokenizer as the library builds it. */
interface PreTokenizer {
  readonly config?: object;
  pattern?: RegExp | null;
  readonly tokenizers?: readonly (PreTokenizer | null)[];
  pre_tokenize_text(text: string, options?: unknown): string[];
}

/** GPT-2's pattern of words, with Rust's white space: JavaScript's includes the byte order mark and lacks U+0085. */
const BYTE_LEVEL_WORDS = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
  'gu',
);

/**
 * Gives pre-tokenizers of kind ByteLevel Rust's white space, since their pattern is in the library and not in the file,
 * and lets those of kind Split follow their `behavior`, of which the library knows two.
 */
function useOwnCuts(preTokenizer: PreTokenizer | null): void {
  if (preTokenizer === null) return;
  for (const one of preTokenizer.tokenizers ?? []) useOwnCuts(one);
  const { type, behavior, invert } = (preTokenizer.config ?? {}) as Json;
  if (type === 'ByteLevel') preTokenizer.pattern = BYTE_LEVEL_WORDS;
  const { pattern } = preTokenizer;
  if (type !== 'Split' || pattern === null || pattern === undefined) return;
  preTokenizer.pre_tokenize_text = (text) =>
    cut(stretches(text, pattern, invert === true), behavior);
}

/** A stretch of a text that separates, or lies between such. */
interface Stretch {
  readonly text: string;
  readonly separates: boolean;
}

/** The text in stretches. @param invert - whether what the pattern finds is kept, and all else separates. */
function stretches(text: string, pattern: RegExp, invert: boolean): readonly Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), separates: invert });
    found.push({ text: match[0], separates: !invert });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), separates: invert });
  return found;
}

/** Which neighbours stay together, by `behavior`; of the other behaviours none do. */
const TOGETHER: ReadonlyMap<unknown, (left: Stretch, right: Stretch) => boolean> = new Map([
  ['Contiguous', (left: Stretch, right: Stretch) => left.separates === right.separates],
  ['MergedWithPrevious', (left: Stretch, right: Stretch) => !left.separates && right.separates],
  ['MergedWithNext', (left: Stretch, right: Stretch) => left.separates && !right.separates],
]);

function cut(all: readonly Stretch[], behavior: unknown): string[] {
  const together = TOGETHER.get(behavior);
  const kept = behavior === 'Removed' ? all.filter(({ separates }) => !separates) : all;
  const pieces: string[] = [];
  for (const [index, right] of kept.entries()) {
    const left = kept[index - 1];
    if (left !== undefined && together?.(left, right) === true)
      pieces.push(`${pieces.pop()}${right.text}`);
    else pieces.push(right.text);
  }
  return pieces.filter((piece) => piece !== '');
}

/** The part that cuts words into pieces, as the library builds it. */
interface Model {
  readonly config: object;
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  _call(words: string[]): string[];
}

/**
 * Joins unknown pieces within a word alone, not with those of its neighbours; and writes the unknown pieces of Unigram
 * as their bytes where the file says so, which the library does for BPE alone.
 */
function useOwnPieces(model: Model | null): void {
  if (model === null) return;
  const { type, byte_fallback: fallsBack } = model.config as Json;
  const call = model._call.bind(model);
  const known = (piece: string) =>
    type !== 'Unigram' || fallsBack !== true || model.tokens_to_ids.has(piece);
  const inBytes = (piece: string) => {
    const bytes = Array.from(Buffer.from(piece), byteToken);
    return bytes.every((byte) => model.tokens_to_ids.has(byte)) ? bytes : [piece];
  };
  model._call = (words) =>
    words.flatMap((word) =>
      call([word]).flatMap((piece) => (known(piece) ? [piece] : inBytes(piece))),
    );
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}
