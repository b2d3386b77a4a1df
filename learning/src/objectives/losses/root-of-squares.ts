/**
 * Norms that can be differentiated at 0. A root's slope is infinite there and tfjs's gradient NaN, also below a
 * maximum that takes another branch; with a number inside the root that is far below any other sum of squares, value and
 * slope are 0.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/** Its root is 1e-15; float32 has 1e-38. */
const INSIDE_ROOT = 1e-30;

/** `√Σ x²` along the axis, which stays with length 1. Of zeros 1e-15. */
export function rootOfSquares<T extends Tensor>(tf: Tf, x: T, axis: number): T {
  return tf.sqrt(tf.sum<T>(tf.square(x), axis, true).add<T>(INSIDE_ROOT));
}
