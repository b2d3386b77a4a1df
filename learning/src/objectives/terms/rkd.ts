/** Distances and angles between the samples of a batch. */

import { elementCount } from '@lyceum/proto';
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { flattened, rootOfSquares, unitVectors } from '../losses/index.js';
import { layers, notNegative, weightOf } from './fields.js';
import type { FeatureTerm } from './term.js';

export interface RelationalWeights {
  /** 25 on CIFAR-100 in later comparisons, 1 in the paper. */
  readonly distance: number;
  /** 50 on CIFAR-100 in later comparisons, 2 in the paper. */
  readonly angle: number;
}

/**
 * `distance · mean_{ij} h(d_s/d̄_s − d_t/d̄_t) + angle · mean_{ijk} h(cos_s − cos_t)`: h is Huber's loss with bound 1,
 * d distances between two samples, d̄ their mean over i ≠ j, cos the angle at i between j and k. Means count pairs
 * and triples of equal samples too. Takes B³ floats: meant for B up to 64.
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

/** Distances [B, B, 1] as multiples of their mean, and cosines [B, B, B] of the angles at the first index. */
function relations(tf: Tf, features: Tensor2D): { distances: Tensor3D; cosines: Tensor3D } {
  const [rows] = features.shape;
  // [i, j] = f_j − f_i. Not from a Gram matrix: its differences lose a float32's digits.
  const offsets = features.sub<Tensor3D>(features.reshape([rows, 1, -1]));
  const lengths = rootOfSquares(tf, offsets, 2);
  const mean = tf.sum(lengths).div(Math.max(1, rows * (rows - 1)));
  const directions = unitVectors(tf, offsets, 2);
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

/**
 * Greatest count of numbers that a batch takes at a time: a difference of features for each pair, an angle for each
 * triple.
 */
const RELATION_MAX_VALUES = 64 * 1024 * 1024;

/** The defaults are the weights of later comparisons. */
const settings = section({
  term: z
    .literal('rkd')
    .describe(
      'Distances and angles between the samples of a batch, compared between a teacher and the student.',
    ),
  weight: weightOf(1),
  ...layers,
  distanceWeight: notNegative
    .default(25)
    .describe('The weight of the distances between two samples of a batch.'),
  angleWeight: notNegative
    .default(50)
    .describe('The weight of the angles between three samples of a batch.'),
});

export const rkdTerm: FeatureTerm<typeof settings> = {
  name: 'rkd',
  of: 'features',
  settings,
  refusedLayers({ guided, hint, batchSize }) {
    const values = Math.max(elementCount(hint), elementCount(guided), batchSize);
    const rows = Math.floor(Math.sqrt(RELATION_MAX_VALUES / values));
    if (batchSize <= rows) return undefined;
    return `rkd takes ${batchSize}² × ${values} numbers in a batch of ${batchSize}, and at most ${RELATION_MAX_VALUES} are allowed: use a spec.training.batchSize of at most ${rows}, a smaller layer, or similarity-preserving`;
  },
  loss: (tf, own, student, teacher) =>
    relationalDistances(tf, student, teacher, {
      distance: own.distanceWeight,
      angle: own.angleWeight,
    }),
};
