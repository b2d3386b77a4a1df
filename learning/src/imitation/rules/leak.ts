import { z } from 'zod';
import { section, wholeNumber } from '../../documents/index.js';
import { wordsOf } from '../texts/index.js';
import { isHeldOut } from './checked-input.js';
import { type ImitationRule, textOf } from './imitation-rule.js';

/** Shorter runs of words also occur in unrelated texts. */
const LEAST_WORDS = 3;

const settings = section({
  rule: z
    .literal('leak')
    .describe('Drops texts to train on that share many words in a row with a held-out one.'),
  words: wholeNumber(`a whole number from ${LEAST_WORDS} to 100`, {
    above: LEAST_WORDS - 1,
    atMost: 100,
  })
    .default(8)
    .describe(
      'How many words in a row may not stand in a held-out text too; shorter texts count as a whole.',
    ),
});

/**
 * Drops texts for training that share so many words in a row with a held-out one: figures on that one would be too
 * good. A shorter text, on either side, is compared as a whole, if it has at least three words.
 *
 * @see Brown et al. 2020, Language Models are Few-Shot Learners, appendix C, which looks for runs of 13 words.
 */
export const leakRule: ImitationRule<typeof settings> = {
  name: 'leak',
  settings,
  judge: ({ words: length }, inputs) => {
    const texts = inputs.map((input) => ({
      id: input.id,
      heldOut: isHeldOut(input),
      words: wordsOf(textOf(input) ?? ''),
    }));
    const own = texts.filter(({ heldOut, words }) => !heldOut && words.length >= LEAST_WORDS);
    const others = texts.filter(({ heldOut, words }) => heldOut && words.length >= LEAST_WORDS);
    const size = ({ words }: { readonly words: readonly string[] }) =>
      Math.min(length, words.length);
    const ownSizes = new Set(own.map(size));
    const inOthers = runsOf(others, () => ownSizes);
    const wholeOthers = runsOf(others, (text) => [size(text)]);
    const otherSizes = new Set(others.map(size));
    return texts.map((text) => {
      if (text.heldOut || text.words.length < LEAST_WORDS) return undefined;
      const found =
        firstOf(text.words, [size(text)], inOthers) ?? firstOf(text.words, otherSizes, wholeOthers);
      return found && `"${found.run}" stands in ${found.id}, which is held out`;
    });
  },
};

interface NamedText {
  readonly id: string;
  readonly words: readonly string[];
}

/** Runs of these lengths in words, each with the first text that holds it. */
function runsOf<Text extends NamedText>(
  texts: readonly Text[],
  sizes: (text: Text) => Iterable<number>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    for (const size of sizes(text)) {
      for (let at = 0; at + size <= text.words.length; at++) {
        const run = text.words.slice(at, at + size).join(' ');
        if (!found.has(run)) found.set(run, text.id);
      }
    }
  }
  return found;
}

function firstOf(
  words: readonly string[],
  sizes: Iterable<number>,
  known: ReadonlyMap<string, string>,
): { readonly run: string; readonly id: string } | undefined {
  for (const size of sizes) {
    for (let at = 0; at + size <= words.length; at++) {
      const run = words.slice(at, at + size).join(' ');
      const id = known.get(run);
      if (id !== undefined) return { run, id };
    }
  }
  return undefined;
}
