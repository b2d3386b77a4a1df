import { z } from 'zod';
import { section, wholeNumber } from '../../documents/index.js';
import { type ImitationRule, textOf } from './imitation-rule.js';

const count = wholeNumber('a whole number greater than 0', { above: 0 });
const settings = section({
  rule: z.literal('length').describe('Bounds the number of characters of a text.'),
  atLeast: count
    .optional()
    .describe('The least number of characters that a text must have; default no bound.'),
  atMost: count
    .optional()
    .describe('The greatest number of characters that a text may have; default no bound.'),
});

/** Keeps texts whose count of characters is within limits. */
export const lengthRule: ImitationRule<typeof settings> = {
  name: 'length',
  settings,
  judge: ({ atLeast = 0, atMost = Number.POSITIVE_INFINITY }, inputs) =>
    inputs.map((input) => {
      const own = textOf(input);
      if (own === undefined) return undefined;
      const length = [...own].length;
      return length >= atLeast && length <= atMost ? undefined : `${length} characters`;
    }),
};
