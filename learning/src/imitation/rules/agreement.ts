import { z } from 'zod';
import { section, wholeNumber } from '../../documents/index.js';
import type { ImitationRule } from './imitation-rule.js';
import { tooManyTeachers } from './teacher-count.js';

const settings = section({
  rule: z.literal('agreement').describe('Enough teachers name the same class.'),
  atLeast: wholeNumber('a whole number greater than 0', { above: 0 })
    .default(2)
    .describe('How many teachers must name the same class, at least.'),
});

/** Keeps inputs for which at least so many teachers give the same answer. */
export const agreementRule: ImitationRule<typeof settings> = {
  name: 'agreement',
  settings,
  problems: ({ atLeast }, context) => tooManyTeachers(atLeast, context),
  judge: ({ atLeast }, inputs) =>
    inputs.map(({ answers }) => {
      const counts = new Map<string, number>();
      for (const own of Object.values(answers)) {
        if (own !== null) counts.set(own, (counts.get(own) ?? 0) + 1);
      }
      const most = Math.max(0, ...counts.values());
      return most < atLeast ? `${most} name the same class, want ${atLeast}` : undefined;
    }),
};
