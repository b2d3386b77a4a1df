/** A weighted sum of the divergence and its reverse. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { batchMean, type SoftTarget, softTargetOf } from '../losses/index.js';
import { divergence, proportion } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/**
 * `(1 − λ) KL(p ‖ q) + λ KL(q ‖ p)`. At λ = ½ it is half of Jeffreys' divergence.
 *
 * @param reverseShare - λ in [0, 1].
 * @see Jeffreys 1946, https://doi.org/10.1098/rspa.1946.0056
 */
function jeffreys(
  tf: Tf,
  logits: Tensor2D,
  { probabilities, logProbabilities }: SoftTarget,
  temperature: number,
  reverseShare: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    const difference = logProbabilities.sub(logQ);
    const weights = probabilities.mul(1 - reverseShare).sub(tf.exp(logQ).mul(reverseShare));
    return batchMean(tf, weights.mul(difference));
  });
}

const settings = section({
  term: z.literal('jeffreys').describe('A weighted sum of kl-forward and kl-reverse.'),
  ...divergence,
  reverseShare: proportion
    .default(0.9)
    .describe(
      'The share of the reverse divergence in the sum of both: 0 is kl-forward, 1 kl-reverse.',
    ),
});

export const jeffreysTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'jeffreys',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature, reverseShare }, { logits, values }) =>
    jeffreys(tf, logits, softTargetOf(tf, values), temperature, reverseShare),
};
