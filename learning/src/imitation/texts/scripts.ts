/** Patterns of words, for regular expressions with the flag `u`. */

/** One character of a word. */
export const WORD_CHARACTER = String.raw`[\p{L}\p{N}\p{M}]`;

/** One character of a script without spaces between words. */
export const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
