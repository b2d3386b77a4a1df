/**
 * The squared difference of the student's logits and the mean of the teachers' logits, by the teachers' shares.
 *
 * Symbols: z student logits [B, C], v teacher logits [B, C].
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { flag, section, word } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { teachers, weight } from './fields.js';
import type { AnswerTerm } from './term.js';

/** The divisor of the sum of squares: B · C, B, or 2 B. */
export type SquareReduction = 'mean' | 'sum-classes' | 'half-sum-classes';

/**
 * `Σ (z − v)²`, divided as `reduction` says. With centred rows and `half-sum-classes` it is C times the limit of τ² KL
 * as τ grows.
 *
 * @param center - subtracts each row's mean first: logits are unique up to a constant.
 * @see Hinton, Vinyals & Dean 2015, §2.1, https://arxiv.org/abs/1503.02531
 */
export function mseLogits(
  tf: Tf,
  logits: Tensor2D,
  teacherLogits: Tensor2D,
  reduction: SquareReduction,
  center: boolean,
): Scalar {
  return tf.tidy(() => {
    const difference = logits.sub<Tensor2D>(teacherLogits);
    const compared = center ? difference.sub(tf.mean(difference, 1, true)) : difference;
    const [rows, classes] = logits.shape;
    const divisor = {
      mean: rows * classes,
      'sum-classes': rows,
      'half-sum-classes': 2 * rows,
    };
    return tf.sum<Scalar>(tf.square(compared)).div(divisor[reduction]);
  });
}

const settings = section(
  {
    term: z
      .literal('mse-logits')
      .describe("The squared difference of the student's logits and the mean of the teachers'."),
    weight,
    reduction: word('mean', 'sum-classes', 'half-sum-classes')
      .default('mean')
      .describe(
        "What becomes of the squared differences: their mean, or each sample's sum over classes, or half of it, averaged over samples.",
      ),
    center: flag()
      .default(false)
      .describe(
        "Whether each row's mean is subtracted first, since teachers' logits may differ by a constant.",
      ),
    teachers,
  },
  { temperature: 'has no effect: mse-logits compares logits as they are' },
);

export const mseLogitsTerm: AnswerTerm<typeof settings, 'mean-logits'> = {
  name: 'mse-logits',
  of: 'answers',
  settings,
  target: () => ({ kind: 'mean-logits' }),
  loss: (tf, { reduction, center }, { logits, values }) =>
    mseLogits(tf, logits, values, reduction, center),
  ofMeanLogits: true,
  needsAllClasses: {
    why: "averages logits, which are known up to a constant of each teacher's own classes",
    instead: 'term: kd',
  },
};
