/**
 * The mixture of two distributions, computed from logarithms so that no saturated class becomes log 0.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/** `log(share · eᵃ + (1 − share) · eᵇ)`, share in (0, 1). */
export function logMixture(tf: Tf, a: Tensor2D, b: Tensor2D, share: number): Tensor2D {
  const first = a.add(Math.log(share));
  const second = b.add<Tensor2D>(Math.log1p(-share));
  return tf.logSumExp(tf.stack([first, second]), 0) as Tensor2D;
}
