/**
 * Terms on relations, between classes or between the samples of a batch, in place of values.
 *
 * Inputs are borrowed; the result is the caller's. Symbols: z student logits [B, C], p soft targets, q = softmax(z/τ),
 * f features [B, D], student's and teacher's D may differ.
 */
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';
import { rootOfSquares } from './root-of-squares.js';
import { type SoftTarget, temperedSoftmax } from './soft-target.js';

export interface DistWeights {
  /** Of the correlation over a sample's classes; the paper's β, 1. */
  readonly interClass: number;
  /** Of the correlation over a class's samples; the paper's γ, 1. */
  readonly intraClass: number;
}

/** Keeps a correlation with a constant row finite: it is 0. */
const LEAST_PRODUCT = 1e-8;

/**
 * `τ² [interClass (1 − mean_b ρ(q_b, p_b)) + intraClass (1 − mean_c ρ(q_·c, p_·c))]`, ρ Pearson's correlation with
 * 1e-8 added to its denominator.
 *
 * A batch of one has no correlation over samples: that part is the constant 1.
 *
 * @see Huang, You, Wang, Qian & Xu 2022, §4, https://arxiv.org/abs/2205.10536
 */
export function dist(
  tf: Tf,
  logits: Tensor2D,
  { probabilities }: SoftTarget,
  temperature: number,
  weights: DistWeights,
): Scalar {
  return tf.tidy(() => {
    const q = temperedSoftmax(tf, logits, temperature);
    const inter = tf.sub(1, tf.mean<Scalar>(correlation(tf, q, probabilities, 1)));
    const intra = tf.sub(1, tf.mean<Scalar>(correlation(tf, q, probabilities, 0)));
    const sum = inter.mul<Scalar>(weights.interClass).add<Scalar>(intra.mul(weights.intraClass));
    return sum.mul(temperature ** 2);
  });
}

function correlation(tf: Tf, x: Tensor2D, y: Tensor2D, axis: 0 | 1): Tensor2D {
  const a = x.sub<Tensor2D>(tf.mean(x, axis, true));
  const b = y.sub<Tensor2D>(tf.mean(y, axis, true));
  const norms = rootOfSquares(tf, a, axis).mul(rootOfSquares(tf, b, axis));
  return tf.sum<Tensor2D>(a.mul(b), axis, true).div(norms.add(LEAST_PRODUCT));
}

/**
 * `‖G_s − G_t‖² / B²`, G = F Fᵀ with each row divided by its norm. Of a batch of one it is 0.
 *
 * @param studentFeatures - [B, …], flattened; the teacher's likewise, of any size.
 * @see Tung & Mori 2019, §3, https://arxiv.org/abs/1907.09682
 */
export function similarityPreserving(
  tf: Tf,
  studentFeatures: Tensor,
  teacherFeatures: Tensor,
): Scalar {
  return tf.tidy(() => {
    const difference = similarity(tf, studentFeatures).sub<Tensor2D>(
      similarity(tf, teacherFeatures),
    );
    return tf.sum<Scalar>(tf.square(difference)).div((studentFeatures.shape[0] as number) ** 2);
  });
}

function similarity(tf: Tf, features: Tensor): Tensor2D {
  const flat = flattened(tf, features);
  const gram = tf.matMul(flat, flat, false, true);
  return gram.div(rootOfSquares(tf, gram, 1));
}

export interface RelationalWeights {
  /** 25 on CIFAR-100 in later comparisons, 1 in the paper. */
  readonly distance: number;
  /** 50 on CIFAR-100 in later comparisons, 2 in the paper. */
  readonly angle: number;
}

/**
 * `distance · mean_{ij} h(d_s/d̄_s − d_t/d̄_t) + angle · mean_{ijk} h(cos_s − cos_t)`: h is Huber's loss with bound 1,
 * d distances between two samples, d̄ their mean over i ≠ j, cos the angle at i between j and k. Means count pairs
 * and triples of equal samples too. Needs B³ floats: B up to 64 is meant.
 *
 * @param studentFeatures - [B, …], flattened; the teacher's likewise, of any size.
 * @see Park, Kim, Lu & Cho 2019, §3, https://arxiv.org/abs/1904.05068
 */
export function relationalDistances(
  tf: Tf,
  studentFeatures: Tensor,
  teacherFeatures: Tensor,
  weights: RelationalWeights,
): Scalar {
  return tf.tidy(() => {
    const student = relations(tf, flattened(tf, studentFeatures));
    const teacher = relations(tf, flattened(tf, teacherFeatures));
    const distance = tf.mean<Scalar>(huber(tf, student.distances.sub(teacher.distances)));
    const angle = tf.mean<Scalar>(huber(tf, student.cosines.sub(teacher.cosines)));
    return distance.mul<Scalar>(weights.distance).add<Scalar>(angle.mul(weights.angle));
  });
}

/** Distances [B, B, 1] as multiples of their mean, and cosines [B, B, B], at the first index. */
function relations(tf: Tf, features: Tensor2D): { distances: Tensor3D; cosines: Tensor3D } {
  const [rows] = features.shape;
  // [i, j] = f_j − f_i: not from a Gram matrix, whose differences lose a float32's digits.
  const offsets = features.sub<Tensor3D>(features.reshape([rows, 1, -1]));
  const lengths = rootOfSquares(tf, offsets, 2);
  const mean = tf.sum(lengths).div(Math.max(1, rows * (rows - 1)));
  const directions = offsets.div<Tensor3D>(lengths);
  return {
    distances: lengths.div(mean),
    cosines: tf.matMul(directions, directions, false, true),
  };
}

/** ½ d² up to |d| = 1, then |d| − ½. Its slope is d, cut off at ±1. */
function huber(tf: Tf, difference: Tensor): Tensor {
  const clipped = tf.clipByValue(difference, -1, 1);
  return clipped.mul(difference.sub(clipped.mul(0.5)));
}

function flattened(tf: Tf, features: Tensor): Tensor2D {
  return tf.reshape(features, [features.shape[0] as number, -1]);
}
