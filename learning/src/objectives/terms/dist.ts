/** Correlations over classes and over samples instead of values. Multiplied by the temperature's square. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { divisor, rootOfSquares, temperedSoftmax } from '../losses/index.js';
import { notNegative, teachers, temperatureOf, weightOf } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

interface DistWeights {
  /** The paper's β. */
  readonly interClass: number;
  /** The paper's γ. */
  readonly intraClass: number;
}

/** Keeps a correlation with a constant row finite: it becomes 0. */
const LEAST_PRODUCT = 1e-8;

/** A student's probabilities with no greater spread, the root of the sum of squares, are constant but for rounding. */
const LEAST_SPREAD = 1e-6;

/**
 * `τ² [interClass (1 − mean_b ρ(q_b, p_b)) + intraClass (1 − mean_c ρ(q_·c, p_·c))]`, ρ Pearson's correlation with
 * 1e-8 added to its denominator. If a student's q_b or q_·c has no differences, ρ is 0, and the spread that it is
 * divided by counts as 1: divided by 1e-8, its gradient would be 1e8 times as large.
 *
 * A batch of one has no correlation over samples: that part is the constant 1.
 *
 * @see Huang, You, Wang, Qian & Xu 2022, §4, https://arxiv.org/abs/2205.10536
 */
function dist(
  tf: Tf,
  logits: Tensor2D,
  target: Tensor2D,
  temperature: number,
  weights: DistWeights,
): Scalar {
  return tf.tidy(() => {
    const q = temperedSoftmax(tf, logits, temperature);
    const inter = tf.sub(1, tf.mean<Scalar>(correlation(tf, q, target, 1)));
    const intra = tf.sub(1, tf.mean<Scalar>(correlation(tf, q, target, 0)));
    const sum = inter.mul<Scalar>(weights.interClass).add<Scalar>(intra.mul(weights.intraClass));
    return sum.mul(temperature ** 2);
  });
}

function correlation(tf: Tf, x: Tensor2D, y: Tensor2D, axis: 0 | 1): Tensor2D {
  const a = x.sub<Tensor2D>(tf.mean(x, axis, true));
  const b = y.sub<Tensor2D>(tf.mean(y, axis, true));
  const spread = divisor(tf, rootOfSquares(tf, a, axis), LEAST_SPREAD);
  const norms = spread.mul(rootOfSquares(tf, b, axis));
  return tf.sum<Tensor2D>(a.mul(b), axis, true).div(norms.add(LEAST_PRODUCT));
}

/** Defaults of the paper's CIFAR-100 runs. */
const settings = section({
  term: z
    .literal('dist')
    .describe('Correlations between classes and between samples in place of values.'),
  weight: weightOf(2),
  temperature: temperatureOf(4),
  interClassWeight: notNegative
    .default(1)
    .describe("The weight of the correlation over each sample's classes; the paper's β."),
  intraClassWeight: notNegative
    .default(1)
    .describe("The weight of the correlation over the batch, class by class; the paper's γ."),
  teachers,
});

export const distTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'dist',
  of: 'answers',
  settings,
  target: pooled,
  loss(tf, own, { logits, values }) {
    const weights = { interClass: own.interClassWeight, intraClass: own.intraClassWeight };
    return dist(tf, logits, values, own.temperature, weights);
  },
  defaultTemperature: 4,
};
