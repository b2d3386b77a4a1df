/**
 * Decoupled distillation: the divergence of the label's class against the rest, and the divergence among the rest,
 * each with its own weight. Per sample `KL(p ‖ q) = TCKD + (1 − p_y) NCKD`.
 *
 * Symbols: z student logits [B, C], p soft targets, q = softmax(z/τ), y hard labels, one-hot [B, C], zero rows where
 * there is none, τ temperature.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { LEAST_PROBABILITY, type SoftTarget, softTargetOf, standardized } from '../losses/index.js';
import { notNegative, standardizable, withDefaults } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

/** Takes a class out of a logSoftmax when it is subtracted: the class's exp is 0. */
const OUT_OF_REACH = 1e9;

export interface DecoupledWeights {
  /** Weight of the divergence of the label's class against all others (TCKD); the paper's α, 1. */
  readonly target: number;
  /** Weight of the divergence among the others (NCKD); the paper's β, 8. */
  readonly others: number;
}

/**
 * `τ² · mean_b (target · TCKD + others · NCKD)` over the labelled rows, 0 when there is none.
 *
 *     TCKD = p_y log(p_y / q_y) + (1 − p_y) log((1 − p_y) / (1 − q_y))
 *     NCKD = Σ_{c≠y} p̂_c log(p̂_c / q̂_c)      p̂, q̂: renormalised without y; 0 for two classes
 *
 * NCKD is also 0 where 1 − p_y is, as with unanimous votes: the target does not say how the others compare, and p̂ would
 * be the equal shares of rounding.
 *
 * 1 − q_y is computed as the sum of the others, never as a difference: no saturated logit makes it log 0.
 *
 * @see Zhao, Cui, Song, Qiu & Liang 2022, §3, https://arxiv.org/abs/2203.08679
 */
export function decoupled(
  tf: Tf,
  logits: Tensor2D,
  target: SoftTarget,
  hardLabels: Tensor2D,
  temperature: number,
  weights: DecoupledWeights,
): Scalar {
  return tf.tidy(() => {
    const labelled = tf.sum<Tensor2D>(hardLabels, 1, true);
    const student = split(tf, tf.logSoftmax(logits.div<Tensor2D>(temperature)), hardLabels);
    const teacher = split(tf, target.logProbabilities, hardLabels);
    const binary = tf.exp(teacher.label).mul<Tensor2D>(teacher.label.sub(student.label));
    const rest = tf.exp(teacher.others).mul<Tensor2D>(teacher.others.sub(student.others));
    const told = tf.greater(teacher.others, Math.log(logits.shape[1] * LEAST_PROBABILITY));
    const among = tf
      .sum<Tensor2D>(tf.exp(teacher.among).mul(teacher.among.sub(student.among)), 1, true)
      .mul<Tensor2D>(told.toFloat());
    const perRow = binary.add(rest).mul<Tensor2D>(weights.target).add(among.mul(weights.others));
    const rows = tf.maximum(tf.sum<Scalar>(labelled), 1);
    return tf
      .sum<Scalar>(perRow.mul(labelled))
      .mul(temperature ** 2)
      .div(rows);
  });
}

/**
 * Splits log probabilities: the label's [B, 1], that of all others together [B, 1], and the others' among themselves
 * [B, C].
 */
function split(tf: Tf, logs: Tensor2D, hardLabels: Tensor2D) {
  const label = tf.sum<Tensor2D>(logs.mul(hardLabels), 1, true);
  const without = logs.sub<Tensor2D>(hardLabels.mul(OUT_OF_REACH));
  const others = tf.logSumExp(without, 1, true) as Tensor2D;
  return { label, others, among: without.sub<Tensor2D>(others) };
}

const DEFAULTS = { weight: 1, temperature: 4 };

const settings = section({
  term: z
    .literal('dkd')
    .describe(
      "Decoupled distillation: the divergence of the label's class against the rest, and that among the rest, weighted apart.",
    ),
  ...standardizable(DEFAULTS),
  targetWeight: notNegative
    .default(1)
    .describe("The weight of the label's class against all others; the paper's α."),
  othersWeight: notNegative
    .default(8)
    .describe("The weight of the other classes among themselves; the paper's β."),
}).transform((term) => withDefaults(term, DEFAULTS));

/** Needs labels; a sample without a label does not count. */
export const dkdTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'dkd',
  of: 'answers',
  settings,
  target: pooled,
  loss(tf, own, { logits, values, hardLabels }) {
    const student = own.standardize ? standardized(tf, logits) : logits;
    const weights = { target: own.targetWeight, others: own.othersWeight };
    return decoupled(tf, student, softTargetOf(tf, values), hardLabels, own.temperature, weights);
  },
  defaultTemperature: DEFAULTS.temperature,
  needsOneLabel: true,
};
