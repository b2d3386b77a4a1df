/** Limits the norm of gradients. */
import type { Scalar, Tensor1D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';

/**
 * `g · min(1, c / ‖g‖)`, ‖g‖ the norm over all parameters together. A gradient of 0 stays 0.
 *
 * @see Pascanu, Mikolov & Bengio 2013, §3.2, https://arxiv.org/abs/1211.5063
 */
export function clipped(tf: Tf, gradients: Tensor1D, maxNorm: number): Tensor1D {
  const norm = globalNorm(tf, gradients);
  // Dividing by the greater of both norms is the same, and never divides by 0.
  return gradients.mul(tf.div(maxNorm, tf.maximum(norm, maxNorm)));
}

/** ‖g‖₂. Not `tf.norm`: its power has other bits in a graph than as a single operation. */
export function globalNorm(tf: Tf, gradients: Tensor1D): Scalar {
  return tf.sqrt(tf.sum<Scalar>(tf.square(gradients)));
}
