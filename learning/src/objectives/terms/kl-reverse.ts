/** `KL(q ‖ p)`, which is drawn to one mode of the target. Its natural pool is the geometric one. */
import { z } from 'zod';
import { section } from '../../documents/index.js';
import { reverseKl, softTargetOf } from '../losses/index.js';
import { divergence } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

const settings = section({
  term: z
    .literal('kl-reverse')
    .describe('The divergence KL(student ‖ teachers), which is drawn to one mode of the target.'),
  ...divergence,
});

export const klReverseTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'kl-reverse',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature }, { logits, values }) =>
    reverseKl(tf, logits, softTargetOf(tf, values), temperature),
};
