/** The words of a text, in lower case, without spaces and punctuation. */
import { UNSPACED, WORD_CHARACTER } from './scripts.js';

/**
 * In scripts without spaces between words, each character is a word, also directly behind a word of another script.
 */
const WORD = new RegExp(
  `(?=${WORD_CHARACTER})${UNSPACED}|(?:(?!${UNSPACED})${WORD_CHARACTER})+`,
  'gu',
);

export function wordsOf(text: string): string[] {
  return text.normalize('NFC').toLowerCase().match(WORD) ?? [];
}

/**
 * Distinct-n: of all runs of n words in the texts, the share that is different. 1: no run occurs twice.
 *
 * @returns undefined: no text has n words.
 * @see Li et al. 2016, A Diversity-Promoting Objective Function for Neural Conversation Models, §5.2
 */
export function distinctShare(
  texts: readonly (readonly string[])[],
  n: number,
): number | undefined {
  const seen = new Set<string>();
  let count = 0;
  for (const words of texts) {
    for (let at = 0; at + n <= words.length; at++) {
      seen.add(words.slice(at, at + n).join(' '));
      count += 1;
    }
  }
  return count === 0 ? undefined : seen.size / count;
}
