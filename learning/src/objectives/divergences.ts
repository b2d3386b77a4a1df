/**
 * Divergences through a mixture of target and student, and total variation: bounded where supports differ.
 *
 * Mixtures are made of logarithms, `log(a p + (1 − a) q)` as a soft maximum, so that no saturated class is log 0.
 * Class sum, batch mean; none is multiplied by τ². Inputs are borrowed; the result is the caller's.
 *
 * Symbols: z student logits [B, C], p soft targets [B, C], q = softmax(z/τ), m a mixture of both, τ temperature.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';
import { forwardKl, reverseKl } from './kullback-leibler.js';
import { type SoftTarget, temperedSoftmax } from './soft-target.js';

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

/** `½ mean_b Σ_c |p − q|`, in [0, 1]. The gradient takes 0 for the slope where p = q. */
export function totalVariation(
  tf: Tf,
  logits: Tensor2D,
  { probabilities }: SoftTarget,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const difference = temperedSoftmax(tf, logits, temperature).sub<Tensor2D>(probabilities);
    // Not tf.abs, whose slope at 0 is −1; the sign has none.
    const absolute = difference.mul(tf.sign(difference));
    return tf.sum<Scalar>(absolute).div(2 * logits.shape[0]);
  });
}

/** `log(share · eᵃ + (1 − share) · eᵇ)`, share in (0, 1). */
function logMixture(tf: Tf, a: Tensor2D, b: Tensor2D, share: number): Tensor2D {
  const first = a.add(Math.log(share));
  const second = b.add<Tensor2D>(Math.log1p(-share));
  return tf.logSumExp(tf.stack([first, second]), 0) as Tensor2D;
}
