/**
 * Distillation from a teacher's k most probable classes, with what is known of the others.
 *
 *     renorm      p^(1/τ) on the k classes renormalised; the student's softmax is over all classes
 *     bucket      the others are one class more, of probability r^(1/τ); the student's is the sum of its others
 *     uniform     r spread evenly over the others, then tempered
 *     truncated   Σ p log(p/q) on the k classes, p as it is: biased, its least is at p/Σp
 *
 * `bucket` assumes least about unknown classes, and is exact at τ = 1. Stored probabilities are at temperature 1: with
 * τ ≠ 1, tempering the tail as one class differs from tempering its classes.
 *
 * Symbols: z student logits [B, V], p probabilities of the k classes [B, k], r = 1 − Σ p, q = softmax(z/τ).
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section, wholeNumber, word } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { LEAST_PROBABILITY } from '../losses/index.js';
import { teachers, temperatureOf, weight } from './fields.js';
import type { AnswerTerm } from './term.js';

export type TailMode = 'renorm' | 'bucket' | 'uniform' | 'truncated';

/** A residue below this is the rounding of a sum of float32s: there is no tail. */
const LEAST_RESIDUE = 2 ** -22;

/** Takes a class out of a logSumExp when it is subtracted. */
const OUT_OF_REACH = 1e9;

/**
 * Batch mean, not multiplied by τ². Takes B · k · V floats.
 *
 * @param ids - int32 [B, k], distinct in each row.
 * @param probabilities - [B, k], of sum at most 1.
 */
export function topKKl(
  tf: Tf,
  logits: Tensor2D,
  ids: Tensor2D,
  probabilities: Tensor2D,
  mode: TailMode,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const classes = logits.shape[1];
    const kept = ids.shape[1];
    const logQ = tf.logSoftmax(logits.div<Tensor2D>(temperature));
    // [B, k, V]. Not gather: tfjs reads gather's indices back, and the step could not be recorded as a graph.
    const isId = tf.oneHot(ids.toInt(), classes).toFloat();
    const onIds = (): Tensor2D => tf.sum(isId.mul(logQ.reshape([-1, 1, classes])), 2);
    const onAll = (values: Tensor2D): Tensor2D =>
      tf.sum(isId.mul(values.reshape([-1, kept, 1])), 1);
    const tempered = (values: Tensor2D): Tensor2D => {
      const powers = temperature === 1 ? values : tf.pow(values, 1 / temperature);
      return (powers as Tensor2D).div(tf.sum(powers, 1, true));
    };

    if (mode === 'truncated') return divergence(tf, probabilities, onIds());
    if (mode === 'renorm') return divergence(tf, tempered(probabilities), onIds());

    const residue = residueOf(tf, probabilities, kept === classes);
    const isKept = onAll(tf.onesLike(probabilities));
    if (mode === 'bucket') {
      const tail = tf.logSumExp(logQ.sub(isKept.mul(OUT_OF_REACH)), 1, true) as Tensor2D;
      const target = tempered(tf.concat([probabilities, residue], 1));
      return divergence(tf, target, tf.concat([onIds(), tail], 1));
    }
    const each = residue.div<Tensor2D>(Math.max(1, classes - kept));
    const target = onAll(probabilities).add<Tensor2D>(tf.sub(1, isKept).mul(each));
    return divergence(tf, tempered(target), logQ);
  });
}

/** [B, 1]. */
function residueOf(tf: Tf, probabilities: Tensor2D, complete: boolean): Tensor2D {
  const residue = tf.sub(1, tf.sum(probabilities, 1, true)) as Tensor2D;
  if (complete) return tf.zerosLike(residue);
  return residue.mul(tf.greater(residue, LEAST_RESIDUE).toFloat());
}

/** `mean_b Σ t (log t − log q)`, with 0 log 0 = 0. */
function divergence(tf: Tf, target: Tensor2D, logQ: Tensor2D): Scalar {
  const logTarget = tf.log(tf.maximum(target, LEAST_PROBABILITY));
  return tf.sum<Scalar>(target.mul(logTarget.sub(logQ))).div(target.shape[0]);
}

const settings = section({
  term: z
    .literal('topk-kd')
    .describe(
      "Distillation from the combined answers' k most probable classes, with what is known of the others.",
    ),
  weight,
  temperature: temperatureOf(
    1,
    'The temperature τ of the student and, but for tail: truncated, of what is kept of the pool, which is at 1',
  ),
  k: wholeNumber('a whole number from 1 to 128', { above: 0, atMost: 128 }).describe(
    "How many of the pool's most probable classes are kept.",
  ),
  tail: word('bucket', 'uniform', 'renorm', 'truncated')
    .default('bucket')
    .describe(
      'What becomes of the other classes: bucket makes one class of them, uniform spreads their probability evenly, renorm renormalises the kept ones without them, truncated takes the kept ones as they are.',
    ),
  teachers,
});

/** Compares with the pool's `k` most probable classes. Multiplied by τ², like kd. */
export const topKKdTerm: AnswerTerm<typeof settings, 'top-k'> = {
  name: 'topk-kd',
  of: 'answers',
  settings,
  target: ({ k }) => ({ kind: 'top-k', count: k }),
  loss(tf, { k, tail, temperature }, { logits, values }) {
    const part = (index: number) =>
      tf.slice(values, [0, index, 0], [-1, 1, -1]).reshape<Tensor2D>([-1, k]);
    return topKKl(tf, logits, part(0), part(1), tail, temperature).mul(temperature ** 2);
  },
  isOfTopK: true,
};
