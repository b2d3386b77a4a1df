/** Compares which samples of a batch are alike. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { flattened, unitVectors } from '../losses/index.js';
import { layers, weightOf } from './fields.js';
import type { FeatureTerm } from './term.js';

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
  return unitVectors(tf, tf.matMul(flat, flat, false, true), 1);
}

const settings = section({
  term: z
    .literal('similarity-preserving')
    .describe('Which samples of a batch are alike, compared between a teacher and the student.'),
  weight: weightOf(3000),
  ...layers,
});

export const similarityPreservingTerm: FeatureTerm<typeof settings> = {
  name: 'similarity-preserving',
  of: 'features',
  settings,
  loss: (tf, _, student, teacher) => similarityPreserving(tf, student, teacher),
};
