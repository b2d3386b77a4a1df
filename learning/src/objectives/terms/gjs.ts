/** The divergences of target and student to a mixture of both: bounded where supports differ. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import {
  forwardKl,
  logMixture,
  reverseKl,
  type SoftTarget,
  softTargetOf,
} from '../losses/index.js';
import { divergence, proportion } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/**
 * `β KL(p ‖ m) + (1 − β) KL(q ‖ m)` with `m = β p + (1 − β) q`; β = ½ is Jensen and Shannon's. By definition it is
 * KL(p ‖ q) at β = 0 and KL(q ‖ p) at β = 1, where the formula's limit is 0: its scale jumps there.
 *
 * @param targetShare - β in [0, 1], the share of the target (some libraries give the student's).
 * @see Agarwal et al. 2024, §2, https://arxiv.org/abs/2306.13649
 */
export function generalizedJensenShannon(
  tf: Tf,
  logits: Tensor2D,
  target: SoftTarget,
  temperature: number,
  targetShare: number,
): Scalar {
  if (targetShare === 0) return forwardKl(tf, logits, target, temperature);
  if (targetShare === 1) return reverseKl(tf, logits, target, temperature);
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div<Tensor2D>(temperature));
    const logM = logMixture(tf, target.logProbabilities, logQ, targetShare);
    const ofTarget = target.probabilities.mul(target.logProbabilities.sub(logM));
    const ofStudent = tf.exp(logQ).mul(logQ.sub(logM));
    const sum = ofTarget.mul(targetShare).add(ofStudent.mul(1 - targetShare));
    return tf.sum<Scalar>(sum).div(logits.shape[0]);
  });
}

const settings = section({
  term: z
    .literal('gjs')
    .describe(
      'The divergences of target and student to a mixture of both (Jensen and Shannon): bounded.',
    ),
  ...divergence,
  targetShare: proportion
    .default(0.5)
    .describe(
      "The teachers' share β of the mixture with the student; 0.5 is the Jensen–Shannon divergence, 0 kl-forward, 1 kl-reverse.",
    ),
});

export const gjsTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'gjs',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature, targetShare }, { logits, values }) =>
    generalizedJensenShannon(tf, logits, softTargetOf(tf, values), temperature, targetShare),
  isOfTopK: true,
};
