/** A text as words, in lower case and without what stands between them. */
import { UNSPACED, WORD_CHARACTER } from './scripts.js';

/** Scripts without spaces between words have a word a character, also right behind a word of another script. */
const WORD = new RegExp(
  `(?=${WORD_CHARACTER})${UNSPACED}|(?:(?!${UNSPACED})${WORD_CHARACTER})+`,
  'gu',
);

export function wordsOf(text: string): string[] {
  return text.normalize('NFC').toLowerCase().match(WORD) ?? [];
}

/**
 * Distinct-n: of all runs of n words in some texts, the share that is different. 1: none comes twice.
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
