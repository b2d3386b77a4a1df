/**
 * Divergences of Kullback and Leibler between target and student, class sum and batch mean.
 *
 * Everything is written from logSoftmax: tfjs's own losses have wrong gradients where targets do not sum to 1
 * or logits are large. Inputs are borrowed; the result is the caller's.
 *
 * Symbols: z student logits [B, C], p soft targets [B, C], q = softmax(z/τ), τ temperature.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';
import type { SoftTarget } from './soft-target.js';

/** `KL(p ‖ q) = mean_b Σ_c p (log p − log q)`, with 0 log 0 = 0. */
export function forwardKl(
  tf: Tf,
  logits: Tensor2D,
  { probabilities, logProbabilities }: SoftTarget,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    return batchMean(tf, probabilities.mul(logProbabilities.sub(logQ)));
  });
}

/**
 * `KL(q ‖ p) = mean_b Σ_c q (log q − log p)`. The gradient by z is `q (log q − log p − KL_b) / (τ B)`: the student is
 * drawn to one mode of the target.
 *
 * @see Gu, Dong, Wei & Huang 2024, §2.1, https://arxiv.org/abs/2306.08543
 */
export function reverseKl(
  tf: Tf,
  logits: Tensor2D,
  { logProbabilities }: SoftTarget,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    return batchMean(tf, tf.exp(logQ).mul(logQ.sub(logProbabilities)));
  });
}

/** Sum over classes, mean over the batch. */
export function batchMean(tf: Tf, terms: Tensor2D): Scalar {
  return tf.sum<Scalar>(terms).div(terms.shape[0]);
}
