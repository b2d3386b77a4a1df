/**
 * The table of characters of a SentencePiece model, `Precompiled` in a `tokenizer.json`: which characters become which,
 * as Hugging Face's library in Rust reads it. Old tables turn a zero-width joiner into a space, newer ones keep it: so
 * the file's own table decides, not a fixed rule. Pure.
 *
 * The table is four bytes, little-endian, with the size of a trie in bytes; the trie, a double array of 32 bits a unit;
 * and texts in UTF-8, each ended by a zero.
 *
 * @see https://github.com/huggingface/spm_precompiled
 * @see https://github.com/s-yata/darts-clone
 */

/** Longer graphemes are looked up character by character. */
const GRAPHEME_MAX_BYTES = 5;

/** Marks, and invisible characters. */
const MARKS = '\\p{M}\\p{C}\\p{Emoji_Modifier}';

/** Characters that may form one short grapheme. Only these are cut into graphemes: cutting is slow. */
const JOINED = new RegExp(`[^${MARKS}]?(?:[${MARKS}]+[^${MARKS}]?)+`, 'gu');

/** Graphemes whose replacement is kept: more than a language has. */
const KNOWN_MAX = 20_000;

/** Units of a trie, by their bits. */
const LABEL = 0x8000_00ff;
const VALUE = 0x7fff_ffff;
const HAS_LEAF = 1 << 8;
const IS_FAR = 1 << 9;

/**
 * @param table - in base64.
 * @returns what the table makes of a text.
 * @throws {Error} if the table is damaged.
 */
export function precompiledCharacters(table: string): (text: string) => string {
  const bytes = Buffer.from(table, 'base64');
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  const textsFrom = 4 + size;
  if (size < 4 || size % 4 !== 0 || textsFrom > bytes.length) {
    throw new Error('its precompiled_charsmap is damaged');
  }
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const texts = bytes.subarray(textsFrom);

  /** The text in the place of these bytes; undefined: they stay. The shortest beginning that is listed counts. */
  const replacement = (key: Buffer): string | undefined => {
    let at = offsetOf(units[0] as number);
    for (const byte of key) {
      // No text has a zero in the table.
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = units[at];
      if (unit === undefined || (unit & LABEL) >>> 0 !== byte) return undefined;
      at ^= offsetOf(unit);
      if ((unit & HAS_LEAF) === 0) continue;
      const from = ((units[at] ?? 0) & VALUE) >>> 0;
      const end = texts.indexOf(0, from);
      return texts.toString('utf8', from, end < 0 ? texts.length : end);
    }
    return undefined;
  };

  const known = new Map<string, string>();
  const replaced = (grapheme: string): string => {
    const seen = known.get(grapheme);
    if (seen !== undefined) return seen;
    const key = Buffer.from(grapheme);
    const whole = key.length <= GRAPHEME_MAX_BYTES ? replacement(key) : undefined;
    const made =
      whole ?? Array.from(grapheme, (one) => replacement(Buffer.from(one)) ?? one).join('');
    if (known.size < KNOWN_MAX) known.set(grapheme, made);
    return made;
  };
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  return (text) => {
    let [made, from] = ['', 0];
    for (const { 0: joined, index } of text.matchAll(JOINED)) {
      for (const one of text.slice(from, index)) made += replaced(one);
      for (const { segment } of segmenter.segment(joined)) made += replaced(segment);
      from = index + joined.length;
    }
    for (const one of text.slice(from)) made += replaced(one);
    return made;
  };
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & IS_FAR) >>> 6);
}
