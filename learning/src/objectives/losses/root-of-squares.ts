/**
 * Norms that can be differentiated at 0. The slope of a root at 0 is infinite and tfjs's gradient is NaN, even inside
 * a maximum that takes its other argument. So a number far below any other sum of squares is added inside the root:
 * value and slope at zeros are as good as 0.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/** Its root is 1e-15; float32 has 1e-38. */
const INSIDE_ROOT = 1e-30;

/** `√Σ x²` along the axis, which is kept with length 1. Of zeros 1e-15. */
export function rootOfSquares<T extends Tensor>(tf: Tf, x: T, axis: number): T {
  return tf.sqrt(tf.sum<T>(tf.square(x), axis, true).add<T>(INSIDE_ROOT));
}
