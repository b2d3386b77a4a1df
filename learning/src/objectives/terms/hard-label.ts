/** Cross entropy to the most probable class of the pool. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { crossEntropy } from '../losses/index.js';
import { partial, teachers, weight } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/**
 * Cross entropy to the teacher's most probable class, of equal ones the first: 1 − ε there and ε / (C − 1) elsewhere,
 * ε the smoothing.
 *
 * @param teacher - [B, C], logits or probabilities.
 */
export function hardLabel(tf: Tf, logits: Tensor2D, teacher: Tensor2D, smoothing: number): Scalar {
  return tf.tidy(() => {
    const classCount = teacher.shape[1];
    const chosen = tf.oneHot(tf.argMax(teacher, 1), classCount).toFloat() as Tensor2D;
    const other = classCount > 1 ? smoothing / (classCount - 1) : 0;
    return crossEntropy(tf, logits, chosen.mul<Tensor2D>(1 - smoothing - other).add(other));
  });
}

const settings = section(
  {
    term: z
      .literal('hard-label')
      .describe('Cross entropy to the most probable class of the combined answers.'),
    weight,
    smoothing: partial
      .default(0)
      .describe('The share of the target that is spread evenly over the other classes.'),
    teachers,
  },
  { temperature: 'does not change which class is most probable; the pool is at temperature 1' },
);

export const hardLabelTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'hard-label',
  of: 'answers',
  settings,
  target: () => pooled({ temperature: 1 }),
  loss: (tf, { smoothing }, { logits, values }) => hardLabel(tf, logits, values, smoothing),
  ofGreatest: true,
};
