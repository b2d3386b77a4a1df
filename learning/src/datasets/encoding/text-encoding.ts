/**
 * Texts as rows of numbers: hashed n-grams of characters, signed and of length 1.
 *
 * 1. The text is brought to Unicode's NFC, then to lower case (Unicode's default mapping).
 * 2. Its words stand between white space (Unicode's property White_Space). Each word gets a space on both sides.
 * 3. N-grams are all strings of `from` to `to` code points within such a word, but for the space alone.
 * 4. h is the FNV-1a hash, 32 bits, of the n-gram's UTF-8. It counts in bucket h mod D: 1 where h < 2³¹, else −1.
 * 5. The row is divided by its Euclidean norm, in float64, and rounded to float32.
 *
 * Signs keep inner products unbiased where n-grams share a bucket: Weinberger et al. 2009, §2,
 * https://arxiv.org/abs/0902.2206. Bags of n-grams as features of a linear classifier: Joulin et al. 2017,
 * https://arxiv.org/abs/1607.01759; those of words with marked ends: Bojanowski et al. 2017, §3.2,
 * https://arxiv.org/abs/1607.04606.
 *
 * Symbol: D buckets.
 */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import { FNV_OFFSET, fnv1a32Byte } from '../../arrays/index.js';

export interface TextEncoding {
  readonly kind: 'text';
  /** Version of the steps above. */
  readonly version: 1;
  /** Lengths of n-grams in code points, both included. */
  readonly ngrams: { readonly from: number; readonly to: number };
  /** D. */
  readonly buckets: number;
}

/** Longer n-grams are words and more, and hardly come up twice. */
const NGRAM_MAX_LENGTH = 8;
/** A float32 row of 256 KiB. */
const MAX_BUCKETS = 65_536;
const MIN_BUCKETS = 16;

/** Enough to tell languages and topics apart; a student with one layer of 64 units has 512 KiB of weights. */
const DEFAULT_TEXT_ENCODING: TextEncoding = {
  kind: 'text',
  version: 1,
  ngrams: { from: 1, to: 4 },
  buckets: 2048,
};

const WHITE_SPACE = /\p{White_Space}+/u;
const SPACE = 0x20;
const UTF8 = new TextEncoder();

/**
 * An encoding as its user wants it, the rest by default.
 *
 * @throws {InvalidDocumentError} naming what is out of range.
 */
export function textEncoding(
  wanted: Partial<Pick<TextEncoding, 'ngrams' | 'buckets'>>,
): TextEncoding {
  const problems: Problem[] = [];
  const encoding = readTextEncoding({ ...DEFAULT_TEXT_ENCODING, ...wanted }, problems);
  if (encoding === undefined) throw new InvalidDocumentError('encoding of texts', problems);
  return encoding;
}

/** @returns [D]; zeros for a text without n-grams, else of length 1. A text's lone surrogates count as U+FFFD. */
export function encodeText({ ngrams, buckets }: TextEncoding, text: string): Float32Array {
  const row = new Float32Array(buckets);
  for (const word of text.normalize('NFC').toLowerCase().split(WHITE_SPACE)) {
    if (word !== '') countNgrams(UTF8.encode(` ${word} `), ngrams, row);
  }
  let squares = 0;
  for (const value of row) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > 0) for (let i = 0; i < buckets; i++) row[i] = (row[i] as number) / norm;
  return row;
}

/**
 * One pass over the word for each place where n-grams begin: the hash of a longer one goes on from the shorter one's.
 */
function countNgrams(word: Uint8Array, { from, to }: TextEncoding['ngrams'], row: Float32Array) {
  for (let start = 0; start < word.length; start = nextCharacter(word, start)) {
    let hash = FNV_OFFSET;
    let end = start;
    for (let length = 1; length <= to && end < word.length; length++) {
      const next = nextCharacter(word, end);
      for (; end < next; end++) hash = fnv1a32Byte(hash, word[end] as number);
      const isSpace = length === 1 && word[start] === SPACE;
      if (length >= from && !isSpace) count(row, hash);
    }
  }
}

function count(row: Float32Array, hash: number): void {
  const bucket = hash % row.length;
  row[bucket] = (row[bucket] as number) + (hash < 0x80000000 ? 1 : -1);
}

/** Where the code point after that at `at` begins, in UTF-8. */
function nextCharacter(bytes: Uint8Array, at: number): number {
  let next = at + 1;
  while (next < bytes.length && ((bytes[next] as number) & 0xc0) === 0x80) next += 1;
  return next;
}

/** `texts: hashed 1- to 4-grams of characters in 2,048 buckets`. */
export function textEncodingText({ ngrams: { from, to }, buckets }: TextEncoding): string {
  const lengths = from === to ? `${from}-grams` : `${from}- to ${to}-grams`;
  return `texts: hashed ${lengths} of characters in ${buckets.toLocaleString('en-US')} buckets`;
}

/** The part of `readEncoding` for texts. */
export function readTextEncoding(
  { version, ngrams, buckets, ...others }: Readonly<Record<string, unknown>>,
  problems: Problem[],
): TextEncoding | undefined {
  const wrong = (path: string, message: string) => problems.push({ path, message });
  for (const key of Object.keys(others)) {
    if (key !== 'kind') wrong(key, 'is not known; known are kind, version, ngrams, buckets');
  }
  if (version !== 1) wrong('version', `must be 1, got ${JSON.stringify(version)}`);
  const { from, to } = (ngrams ?? {}) as Record<string, unknown>;
  if (!isWhole(from, 1, NGRAM_MAX_LENGTH) || !isWhole(to, from, NGRAM_MAX_LENGTH)) {
    const range = `1 to ${NGRAM_MAX_LENGTH}`;
    wrong('ngrams', `must be { from, to }, whole numbers from ${range}, the smaller first`);
    return undefined;
  }
  if (!isWhole(buckets, MIN_BUCKETS, MAX_BUCKETS)) {
    wrong('buckets', `must be a whole number from ${MIN_BUCKETS} to ${MAX_BUCKETS}`);
    return undefined;
  }
  return { kind: 'text', version: 1, ngrams: { from, to }, buckets };
}

function isWhole(value: unknown, least: number, greatest: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= greatest;
}
