/**
 * Divergences of Kullback and Leibler between target and student, class sum and batch mean.
 *
 * Everything is written from logSoftmax: tfjs's own losses have wrong gradients where targets do not sum to 1
 * or logits are large. Inputs are borrowed; the result is the caller's.
 *
 * Symbols: z student logits [B, C], p soft targets [B, C], q = softmax(z/τ), τ temperature, w weight.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';
import { LEAST_PROBABILITY, type SoftTarget } from './soft-target.js';

/**
 * `w · τ² · mean_b Σ_c p (log p − log q)`. The gradient by z is `w · τ · (q − p) / B`: τ² keeps it at the size
 * of a hard label's as τ grows.
 *
 * @param target - p at this temperature already; a row of sum a has the gradient `w · τ · (a q − p) / B`.
 * @see Hinton, Vinyals & Dean 2015, §2, https://arxiv.org/abs/1503.02531
 */
export function distillation(
  tf: Tf,
  logits: Tensor2D,
  target: Tensor2D,
  weight: number,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    // Without teachers' entropy the loss would not be 0 at a perfect student. It has no gradient.
    const logP = tf.log(tf.maximum(target, LEAST_PROBABILITY));
    const scale = (weight * temperature ** 2) / logits.shape[0];
    return tf.sum<Scalar>(target.mul(logP.sub(logQ))).mul(scale);
  });
}

/** `KL(p ‖ q) = mean_b Σ_c p (log p − log q)`, with 0 log 0 = 0: {@link distillation} without weight and τ². */
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

/** `−mean_b Σ_c p log q`: {@link forwardKl} and the target's entropy, so with its gradient, `(q − p) / (τ B)`. */
export function softCrossEntropy(
  tf: Tf,
  logits: Tensor2D,
  target: Tensor2D,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    return batchMean(tf, target.mul<Tensor2D>(logQ).neg());
  });
}

/**
 * `KL(q ‖ p) = mean_b Σ_c q (log q − log p)`. The gradient by z is `q (log q − log p − KL_b) / (τ B)`: it is drawn to
 * one mode of the target.
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

/**
 * `(1 − λ) KL(p ‖ q) + λ KL(q ‖ p)`. At λ = ½ it is half of Jeffreys' divergence.
 *
 * @param reverseShare - λ in [0, 1].
 * @see Jeffreys 1946, https://doi.org/10.1098/rspa.1946.0056
 */
export function jeffreys(
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

function batchMean(tf: Tf, terms: Tensor2D): Scalar {
  return tf.sum<Scalar>(terms).div(terms.shape[0]);
}
