import { z } from 'zod';
import { section, wholeNumber } from '../../documents/index.js';
import type { ImitationRule } from './imitation-rule.js';
import { tooManyTeachers } from './teacher-count.js';

const settings = section({
  rule: z.literal('schema').describe('Enough teachers gave an answer that can be read.'),
  atLeast: wholeNumber('a whole number greater than 0', { above: 0 })
    .optional()
    .describe(
      'How many teachers must give an answer that can be read, at least, "I do not know" included; default all.',
    ),
});

/** Keeps inputs for which enough teachers gave a readable answer. */
export const schemaRule: ImitationRule<typeof settings> = {
  name: 'schema',
  settings,
  problems: ({ atLeast }, context) => tooManyTeachers(atLeast, context),
  judge: ({ atLeast }, inputs, { teacherCount }) =>
    inputs.map(({ answers }) => {
      const got = Object.keys(answers).length;
      const want = atLeast ?? teacherCount;
      return got < want ? `${got} answers that can be read, want ${want}` : undefined;
    }),
};
