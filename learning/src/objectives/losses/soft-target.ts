/**
 * What the student imitates, with its logarithms: a probability that float32 rounds to 0 still has one, and a
 * divergence that divides by p needs it.
 *
 * Symbols: p soft targets [B, C], τ temperature.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/** Both [B, C], at the temperature of the term that they are given to. */
export type SoftTarget = {
  readonly probabilities: Tensor2D;
  readonly logProbabilities: Tensor2D;
};

/** Stands for 0 inside a logarithm; p · log p is 0 there either way. Smaller floats are flushed to 0. */
export const LEAST_PROBABILITY = 1e-37;

/**
 * softmax(v/τ) over the last axis, through its logarithm: for softmax itself TensorFlow has another kernel in graphs, and
 * a step as one graph would leave other bits.
 */
export function temperedSoftmax<T extends Tensor>(tf: Tf, logits: T, temperature: number): T {
  return tf.tidy(() => tf.exp(tf.logSoftmax(logits.div<T>(temperature))));
}

/**
 * A target from probabilities, such as a pooled one. Where p is below {@link LEAST_PROBABILITY} its logarithm is
 * that floor's: reverse divergences would be infinite.
 *
 * @param probabilities - handed on as it is; its logarithms are the caller's.
 */
export function softTargetOf(tf: Tf, probabilities: Tensor2D): SoftTarget {
  const logProbabilities = tf.tidy(
    () => tf.log(tf.maximum(probabilities, LEAST_PROBABILITY)) as Tensor2D,
  );
  return { probabilities, logProbabilities };
}
