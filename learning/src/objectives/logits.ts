/**
 * Terms on the logits themselves: their squared difference, and what standardises them before they are tempered.
 *
 * Symbols: z student logits [B, C], v teacher logits [B, C], τ temperature.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';
import { rootOfSquares } from './root-of-squares.js';

/** By what the sum of squares is divided: B · C, B, or 2 B. */
export type SquareReduction = 'mean' | 'sumClassesMeanBatch' | 'halfSumClassesMeanBatch';

/**
 * `Σ (z − v)²`, reduced. With rows centred and `halfSumClassesMeanBatch` it is C times what τ² KL tends to as τ grows.
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
      sumClassesMeanBatch: rows,
      halfSumClassesMeanBatch: 2 * rows,
    };
    return tf.sum<Scalar>(tf.square(compared)).div(divisor[reduction]);
  });
}

/** Keeps a constant row from being divided by 0; it becomes zeros. */
const LEAST_DEVIATION = 1e-7;

/**
 * `(x − mean) / (1e-7 + s)` of each row, s the sample's deviation (divisor C − 1). Of both z and v before {@link
 * softTarget} and {@link distillation}: the student need not match the teacher's scale.
 *
 * @param logits - [B, C], C at least 2.
 * @see Sun, Ren, Li, Wang & Cao 2024, §4, https://arxiv.org/abs/2403.01427
 */
export function standardized(tf: Tf, logits: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const centred = logits.sub<Tensor2D>(tf.mean(logits, 1, true));
    const norm = rootOfSquares(tf, centred, 1);
    return centred.div(norm.div(Math.sqrt(logits.shape[1] - 1)).add(LEAST_DEVIATION));
  });
}
