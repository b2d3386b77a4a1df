/** The divergence of the student to a mixture of student and target. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { logMixture, reverseKl, type SoftTarget, softTargetOf } from '../losses/index.js';
import { divergence, partial } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/**
 * `KL(q ‖ α q + (1 − α) p)`, at most −log α.
 *
 * @param skew - α in [0, 1): 0 is KL(q ‖ p).
 * @see Ko, Kim, Chen & Yun 2024, §3.1, https://arxiv.org/abs/2402.03898
 */
export function skewReverseKl(
  tf: Tf,
  logits: Tensor2D,
  target: SoftTarget,
  temperature: number,
  skew: number,
): Scalar {
  if (skew === 0) return reverseKl(tf, logits, target, temperature);
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div<Tensor2D>(temperature));
    const logM = logMixture(tf, logQ, target.logProbabilities, skew);
    return tf.sum<Scalar>(tf.exp(logQ).mul(logQ.sub(logM))).div(logits.shape[0]);
  });
}

const settings = section({
  term: z
    .literal('skew-rkl')
    .describe('The divergence of the student to a mixture of student and target.'),
  ...divergence,
  skew: partial
    .default(0.1)
    .describe(
      "The student's share α of the mixture that it is compared with; 0 compares with the teachers alone.",
    ),
});

export const skewRklTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'skew-rkl',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature, skew }, { logits, values }) =>
    skewReverseKl(tf, logits, softTargetOf(tf, values), temperature, skew),
};
