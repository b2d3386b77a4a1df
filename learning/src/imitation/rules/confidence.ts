import { z } from 'zod';
import { number, section } from '../../documents/index.js';
import type { ImitationRule } from './imitation-rule.js';
import { isAtLeast } from './is-at-least.js';

const settings = section({
  rule: z
    .literal('confidence')
    .describe('Teachers are sure enough of their answers, as they state it.'),
  atLeast: number('a number from 0 to 1', { atLeast: 0, atMost: 1 }).describe(
    'The least mean confidence that teachers must state; inputs without any are kept.',
  ),
});

/** Keeps inputs for which the mean of the teachers' own statements of how sure they are is high enough. */
export const confidenceRule: ImitationRule<typeof settings> = {
  name: 'confidence',
  settings,
  problems: (_, { tellConfidence }) => {
    const message = 'wants a teacher whose endpoint has a confidence, and none has';
    return tellConfidence ? [] : [{ path: '', message }];
  },
  judge: ({ atLeast }, inputs) =>
    inputs.map(({ confidence }) =>
      confidence === undefined || isAtLeast(confidence, atLeast)
        ? undefined
        : `${confidence.toFixed(3)}, want ${atLeast}`,
    ),
};
