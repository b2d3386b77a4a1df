/**
 * Norms, and vectors divided by them, that can be differentiated at 0. The slope of a root at 0 is infinite and tfjs's
 * gradient is NaN, even inside a maximum that takes its other argument. So a number far below any other sum of squares
 * is added inside the root: value and slope at zeros are as good as 0.
 */
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/** Its root is 1e-15; float32 has 1e-38. */
const INSIDE_ROOT = 1e-30;

/** Between the norm of zeros and that of the smallest numbers whose squares float32 holds. */
const LEAST_NORM = 2e-15;

/** `√Σ x²` along the axis, which is kept with length 1. Of zeros 1e-15. */
export function rootOfSquares<T extends Tensor>(tf: Tf, x: T, axis: number): T {
  return tf.sqrt(tf.sum<T>(tf.square(x), axis, true).add<T>(INSIDE_ROOT));
}

/** `x / √Σ x²` along the axis. Zeros stay zeros, with a slope of 1. */
export function unitVectors<T extends Tensor>(tf: Tf, x: T, axis: number): T {
  return x.div(divisor(tf, rootOfSquares(tf, x, axis), LEAST_NORM));
}

/**
 * What vectors are divided by: their norms, or 1 where a norm is at most `bound` and its vector has no direction.
 * Divided by 1e-15, such a vector would have a gradient 1e15 times as large, and one sample would decide the step.
 */
export function divisor<T extends Tensor>(tf: Tf, norms: T, bound: number): T {
  // A comparison has no gradient in tfjs. One of zeros would change the sign of a zero, and so the bits of a graph.
  const guarded = tf.customGrad((x, save) => {
    const norm = x as Tensor;
    (save as GradSaveFunc)([norm]);
    return {
      value: tf.where(tf.greater(norm, bound), norm, tf.onesLike(norm)),
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        dy.mul(tf.greater(saved[0] as Tensor, bound).toFloat()),
    };
  });
  return guarded(norms) as T;
}
