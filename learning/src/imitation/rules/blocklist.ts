import { z } from 'zod';
import { list, section, text } from '../../documents/index.js';
import { wordsOf } from '../texts/index.js';
import { type ImitationRule, textOf } from './imitation-rule.js';

const settings = section({
  rule: z.literal('blocklist').describe('Drops texts that hold a listed phrase as whole words.'),
  phrases: list(text('a phrase with a letter or digit', /[\p{L}\p{N}]/u), 'a list of phrases', {
    atLeast: 1,
    atMost: 10_000,
  }).describe('The phrases, as whole words whatever their case, none of which a text may have.'),
});

/**
 * Drops texts that hold one of these phrases, as whole words, whatever the case and whatever stands between the words.
 */
export const blocklistRule: ImitationRule<typeof settings> = {
  name: 'blocklist',
  settings,
  judge: ({ phrases }, inputs) => {
    const wanted = phrases.map((phrase) => ({ phrase, key: keyOf(phrase) }));
    return inputs.map((input) => {
      const own = textOf(input);
      if (own === undefined) return undefined;
      const key = keyOf(own);
      const found = wanted.find(({ key: part }) => key.includes(part));
      return found === undefined ? undefined : `holds "${found.phrase}"`;
    });
  },
};

/** The words with spaces around each, so that only whole words are found. */
function keyOf(phrase: string): string {
  return ` ${wordsOf(phrase).join(' ')} `;
}
