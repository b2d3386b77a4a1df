import { z } from 'zod';
import { section, wholeNumber } from '../../documents/index.js';
import type { CheckedInput } from './checked-input.js';
import type { ImitationRule } from './imitation-rule.js';

const count = wholeNumber('a whole number greater than 0', { above: 0 });
const settings = section({
  rule: z
    .literal('explanation')
    .describe('Each teacher that is asked for explanations gives one that is long enough.'),
  atLeast: count
    .default(1)
    .describe('The least number of characters that an explanation must have.'),
  atMost: count
    .optional()
    .describe('The greatest number of characters that an explanation may have; default no bound.'),
});

/** Each teacher that is asked for explanations, and names a class, must give one of that class of such a length. */
export const explanationRule: ImitationRule<typeof settings> = {
  name: 'explanation',
  settings,
  problems: ({ atLeast, atMost = Number.POSITIVE_INFINITY }, { explaining }) => {
    const none = 'wants a teacher whose ask.schema has an explanation, and none has';
    const empty = `is ${atMost}, which is less than atLeast, ${atLeast}`;
    return [
      ...(explaining.length === 0 ? [{ path: '', message: none }] : []),
      ...(atMost < atLeast ? [{ path: 'atMost', message: empty }] : []),
    ];
  },
  judge: ({ atLeast, atMost = Number.POSITIVE_INFINITY }, inputs, { explaining }) =>
    inputs.map((input) => {
      const wrong = explaining.flatMap((teacher) => {
        const lengths = lengthsOf(input, teacher);
        if (lengths === undefined || lengths.some((n) => n >= atLeast && n <= atMost)) return [];
        return lengths.length === 0
          ? [`${teacher} gives none`]
          : [`${teacher}'s has ${lengths.join(', ')} characters`];
      });
      return wrong.length === 0 ? undefined : wrong.join('; ');
    }),
};

/** Lengths of the explanations of the class that a teacher names; undefined: it names none. */
function lengthsOf({ answers, explanations }: CheckedInput, teacher: string): number[] | undefined {
  const named = answers[teacher] ?? undefined;
  if (named === undefined) return undefined;
  const own = explanations?.[teacher] ?? [];
  return own.filter((one) => one.class === named).map(({ text }) => [...text].length);
}
