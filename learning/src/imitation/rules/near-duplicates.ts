import { z } from 'zod';
import { number, section } from '../../documents/index.js';
import { nearDuplicates, wordsOf } from '../texts/index.js';
import { type CheckedInput, heldOutFirst } from './checked-input.js';
import { type ImitationRule, textOf } from './imitation-rule.js';

const settings = section({
  rule: z
    .literal('near-duplicates')
    .describe(
      'Drops texts that say nearly the same in the same order of words, all but the first.',
    ),
  atLeast: number('a number above 0, at most 1', { above: 0, atMost: 1 })
    .default(0.7)
    .describe('The ROUGE-L from which on two texts count as alike.'),
});

/**
 * Keeps the first of texts with nearly the same words in the same order; a held-out one rather than one for training.
 *
 * @see Wang et al. 2023, Self-Instruct, §2.2: a text is kept if its ROUGE-L with every kept text is below 0.7.
 */
export const nearDuplicatesRule: ImitationRule<typeof settings> = {
  name: 'near-duplicates',
  settings,
  judge: ({ atLeast }, inputs) => {
    const words = inputs.map((input) => wordsOf(textOf(input) ?? ''));
    const like = nearDuplicates(words, atLeast, heldOutFirst(inputs));
    return inputs.map((_, row) => {
      const found = like.get(row);
      if (found === undefined) return undefined;
      const { id } = inputs[found.row] as CheckedInput;
      return `as ${id}, ROUGE-L ${found.rougeL.toFixed(2)}`;
    });
  },
};
