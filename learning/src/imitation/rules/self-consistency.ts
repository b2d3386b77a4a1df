import { z } from 'zod';
import { number, section } from '../../documents/index.js';
import type { ImitationRule } from './imitation-rule.js';
import { isAtLeast } from './is-at-least.js';

const settings = section({
  rule: z
    .literal('self-consistency')
    .describe('Teachers that answer several times mostly name the same class.'),
  atLeast: number('a number from 0 to 1', { atLeast: 0, atMost: 1 })
    .default(0.6)
    .describe(
      'The least share of its answers in which a teacher with several must name the same class, as a mean over such teachers.',
    ),
});

/**
 * Keeps inputs for which teachers that answer several times mostly agree with themselves. Teachers that name no class
 * are left out.
 *
 * @see Wang et al. 2023, Self-Consistency Improves Chain of Thought Reasoning in Language Models, §3.5
 */
export const selfConsistencyRule: ImitationRule<typeof settings> = {
  name: 'self-consistency',
  settings,
  problems: (_, { severalAnswers }) => {
    const message = 'wants a teacher with ask.answers above 1, and none has';
    return severalAnswers ? [] : [{ path: '', message }];
  },
  judge: ({ atLeast }, inputs) =>
    inputs.map(({ shares = {} }) => {
      const most = Object.values(shares).flatMap((own) => {
        const greatest = Math.max(0, ...Object.values(own));
        return greatest > 0 ? [greatest] : [];
      });
      if (most.length === 0) return undefined;
      const mean = most.reduce((sum, share) => sum + share, 0) / most.length;
      return isAtLeast(mean, atLeast) ? undefined : `${mean.toFixed(2)}, want ${atLeast}`;
    }),
};
