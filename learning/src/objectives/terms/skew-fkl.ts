/** The divergence of the target to a mixture of target and student. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { forwardKl, logMixture, type SoftTarget, softTargetOf } from '../losses/index.js';
import { divergence, partial } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/**
 * `KL(p ‖ α p + (1 − α) q)`, at most −log α.
 *
 * @param skew - α in [0, 1): 0 is KL(p ‖ q).
 * @see Ko, Kim, Chen & Yun 2024, §3.1, https://arxiv.org/abs/2402.03898
 */
export function skewForwardKl(
  tf: Tf,
  logits: Tensor2D,
  target: SoftTarget,
  temperature: number,
  skew: number,
): Scalar {
  if (skew === 0) return forwardKl(tf, logits, target, temperature);
  return tf.tidy(() => {
    const { probabilities, logProbabilities } = target;
    const logQ = tf.logSoftmax(logits.div<Tensor2D>(temperature));
    const logM = logMixture(tf, logProbabilities, logQ, skew);
    return tf.sum<Scalar>(probabilities.mul(logProbabilities.sub(logM))).div(logits.shape[0]);
  });
}

const settings = section({
  term: z
    .literal('skew-fkl')
    .describe('The divergence of the target to a mixture of target and student.'),
  ...divergence,
  skew: partial
    .default(0.1)
    .describe(
      "The teachers' share α of the mixture that they are compared with; 0 compares with the student alone.",
    ),
});

export const skewFklTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'skew-fkl',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature, skew }, { logits, values }) =>
    skewForwardKl(tf, logits, softTargetOf(tf, values), temperature, skew),
  isOfTopK: true,
};
