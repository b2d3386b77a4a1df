/** Standardised logits, before they are tempered. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';
import { divisor, rootOfSquares } from './root-of-squares.js';

/** A row of no greater deviation is constant but for rounding: it is not divided, and stays as good as zeros. */
const LEAST_DEVIATION = 1e-7;

/**
 * `(x − mean) / (1e-7 + s)` of each row, s the row's sample deviation (divisor C − 1). It is applied to student and
 * teachers, so the student need not match a teacher's scale. A constant row becomes zeros, and has the slope of
 * `x − mean`: divided by 1e-7, its gradient would be 1e7 times as large.
 *
 * @param logits - [B, C], C at least 2.
 * @see Sun, Ren, Li, Wang & Cao 2024, §4, https://arxiv.org/abs/2403.01427
 */
export function standardized(tf: Tf, logits: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const centred = logits.sub<Tensor2D>(tf.mean(logits, 1, true));
    const norm = rootOfSquares(tf, centred, 1);
    const deviation = norm.div<Tensor2D>(Math.sqrt(logits.shape[1] - 1));
    return centred.div(divisor(tf, deviation.add(LEAST_DEVIATION), 2 * LEAST_DEVIATION));
  });
}
