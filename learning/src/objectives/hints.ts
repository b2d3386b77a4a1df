/**
 * Terms on inner layers: a teacher's features, or where they are large.
 *
 * Inputs are borrowed; the result is the caller's. Symbols: B batch, H W height and width, S and T channels or units of
 * the student's and the teacher's layer.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';
import { rootOfSquares } from './root-of-squares.js';

/**
 * `f Wᵀ + b` along the last axis: a dense regressor, and on maps a convolution of size 1.
 *
 * @param features - [B, …, S].
 * @param weights - [T, S].
 * @param bias - [T].
 * @returns [B, …, T].
 */
export function linearRegressor(
  tf: Tf,
  features: Tensor,
  weights: Tensor2D,
  bias: Tensor1D,
): Tensor {
  return tf.tidy(() => {
    const [out, inputs] = weights.shape;
    const rows = features.reshape<Tensor2D>([-1, inputs]);
    const mapped = tf.matMul(rows, weights, false, true).add(bias);
    return tf.reshape(mapped, [...features.shape.slice(0, -1), out]);
  });
}

/**
 * `mean (r − f_t)²` over all values.
 *
 * @param regressed - the student's features after the regressor, in the teacher's shape.
 * @see Romero et al. 2015, §2.2, https://arxiv.org/abs/1412.6550
 */
export function hint(tf: Tf, regressed: Tensor, teacherFeatures: Tensor): Scalar {
  return tf.tidy(() => tf.mean<Scalar>(tf.square(regressed.sub(teacherFeatures))));
}

/**
 * `mean_{b,hw} (Q_s − Q_t)²`, Q a sample's map `mean_c f^p` divided by its norm; a map of zeros stays zeros. The
 * larger features are first averaged to the smaller height and width.
 *
 * @param studentFeatures - [B, H, W, S].
 * @param teacherFeatures - [B, H', W', T].
 * @param power - p, a whole number above 0; the paper's 2.
 * @see Zagoruyko & Komodakis 2017, §3.1, https://arxiv.org/abs/1612.03928
 */
export function attentionTransfer(
  tf: Tf,
  studentFeatures: Tensor4D,
  teacherFeatures: Tensor4D,
  power: number,
): Scalar {
  return tf.tidy(() => {
    const height = Math.min(studentFeatures.shape[1], teacherFeatures.shape[1]);
    const width = Math.min(studentFeatures.shape[2], teacherFeatures.shape[2]);
    const student = attention(tf, averaged(tf, studentFeatures, height, width), power);
    const teacher = attention(tf, averaged(tf, teacherFeatures, height, width), power);
    return tf.mean<Scalar>(tf.square(student.sub(teacher)));
  });
}

/** [B, H · W], rows of norm 1. */
function attention(tf: Tf, features: Tensor4D, power: number): Tensor2D {
  let powered = features;
  // Products: tfjs's power has no gradient at negative values.
  for (let factor = 1; factor < power; factor++) powered = powered.mul(features);
  const map = tf.mean(powered, 3).reshape<Tensor2D>([features.shape[0], -1]);
  return map.div(rootOfSquares(tf, map, 1));
}

/** Means over windows that cover the map, `[⌊i n/m⌋, ⌈(i + 1) n/m⌉)`: they overlap where m does not divide n. */
function averaged(tf: Tf, features: Tensor4D, height: number, width: number): Tensor4D {
  const [batch, rows, columns, channels] = features.shape;
  let map = features;
  if (rows !== height) {
    const flat = map.reshape<Tensor3D>([batch, rows, columns * channels]);
    map = tf.reshape(alongRows(tf, flat, height), [batch, height, columns, channels]);
  }
  if (columns !== width) {
    const flat = map.reshape<Tensor3D>([batch * height, columns, channels]);
    map = tf.reshape(alongRows(tf, flat, width), [batch, height, width, channels]);
  }
  return map;
}

function alongRows(tf: Tf, x: Tensor3D, rowCount: number): Tensor3D {
  const [batch, from] = x.shape;
  const windows = Array.from({ length: rowCount }, (_, i) => {
    const start = Math.floor((i * from) / rowCount);
    const end = Math.ceil(((i + 1) * from) / rowCount);
    return Array.from({ length: from }, (_, j) => (j >= start && j < end ? 1 / (end - start) : 0));
  });
  const weights = tf.tile(tf.tensor3d([windows]), [batch, 1, 1]) as Tensor3D;
  return tf.matMul(weights, x);
}
