/** [B, …] as [B, D]. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

export function flattened(tf: Tf, features: Tensor): Tensor2D {
  return tf.reshape(features, [features.shape[0] as number, -1]);
}
