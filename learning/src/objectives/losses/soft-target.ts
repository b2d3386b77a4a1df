/**
 * What the student imitates, with its logarithms: a probability that float32 rounds to 0 still has a logarithm, which
 * a divergence that divides by p needs.
 *
 * Symbols: p soft targets [B, C], τ temperature.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/** Both [B, C], at the term's temperature. */
export type SoftTarget = {
  readonly probabilities: Tensor2D;
  readonly logProbabilities: Tensor2D;
};

/** Stands for 0 inside a logarithm: p · log p is 0 either way. Smaller floats are flushed to 0. */
export const LEAST_PROBABILITY = 1e-37;

/**
 * softmax(v/τ) over the last axis, through its logarithm: TensorFlow has several kernels for Softmax itself, whose bits
 * differ.
 */
export function temperedSoftmax<T extends Tensor>(tf: Tf, logits: T, temperature: number): T {
  return tf.tidy(() => tf.exp(tf.logSoftmax(logits.div<T>(temperature))));
}

/**
 * A target from probabilities, such as a pooled one. A p below {@link LEAST_PROBABILITY} gets the logarithm of this
 * floor: reverse divergences would be infinite otherwise.
 *
 * @param probabilities - returned as they are; the caller owns the logarithms.
 */
export function softTargetOf(tf: Tf, probabilities: Tensor2D): SoftTarget {
  const logProbabilities = tf.tidy(
    () => tf.log(tf.maximum(probabilities, LEAST_PROBABILITY)) as Tensor2D,
  );
  return { probabilities, logProbabilities };
}
