/** Cross entropy to the pool: kl-forward plus the teachers' entropy, so both have the same gradient. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { batchMean } from '../losses/index.js';
import { divergence } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/** `−mean_b Σ_c p log q`: {@link forwardKl} plus the target's entropy, so with its gradient, `(q − p) / (τ B)`. */
function softCrossEntropy(tf: Tf, logits: Tensor2D, target: Tensor2D, temperature: number): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    return batchMean(tf, target.mul<Tensor2D>(logQ).neg());
  });
}

const settings = section({
  term: z
    .literal('soft-ce')
    .describe(
      "Cross entropy to the combined answers: the gradient of kl-forward; the value includes the teachers' entropy.",
    ),
  ...divergence,
});

export const softCeTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'soft-ce',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature }, { logits, values }) =>
    softCrossEntropy(tf, logits, values, temperature),
  isOfTopK: true,
};
