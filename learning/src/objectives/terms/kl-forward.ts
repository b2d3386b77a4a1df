/** `KL(p ‖ q)`: kd without the temperature's square. */
import { z } from 'zod';
import { section } from '../../documents/index.js';
import { forwardKl, softTargetOf } from '../losses/index.js';
import { divergence } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

const settings = section({
  term: z
    .literal('kl-forward')
    .describe("The divergence KL(teachers ‖ student): kd without the temperature's square."),
  ...divergence,
});

export const klForwardTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'kl-forward',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature }, { logits, values }) =>
    forwardKl(tf, logits, softTargetOf(tf, values), temperature),
  isOfTopK: true,
};
