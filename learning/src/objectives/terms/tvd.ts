/** Half the sum of absolute differences: bounded where supports differ. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { temperedSoftmax } from '../losses/index.js';
import { divergence } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/** `½ mean_b Σ_c |p − q|`, in [0, 1]. The slope at p = q is taken as 0. */
export function totalVariation(
  tf: Tf,
  logits: Tensor2D,
  target: Tensor2D,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const difference = temperedSoftmax(tf, logits, temperature).sub<Tensor2D>(target);
    // Not tf.abs, whose slope at 0 is −1; this product's slope there is 0.
    const absolute = difference.mul(tf.sign(difference));
    return tf.sum<Scalar>(absolute).div(2 * logits.shape[0]);
  });
}

const settings = section({
  term: z
    .literal('tvd')
    .describe('Total variation: half the sum of absolute differences; bounded.'),
  ...divergence,
});

export const tvdTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'tvd',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { temperature }, { logits, values }) =>
    totalVariation(tf, logits, values, temperature),
  isOfTopK: true,
};
