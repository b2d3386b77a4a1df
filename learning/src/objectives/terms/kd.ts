/**
 * Hinton's distillation: compares with the pool at a temperature, multiplied by the temperature's square. Under a rule
 * that is computed in the student it is the sum over teachers, by the rule's weights.
 */
import type { Scalar, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section } from '../../documents/index.js';
import { ruleOf } from '../../ensemble/rules/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import {
  adaptiveWeights,
  LEAST_PROBABILITY,
  sharedByRows,
  standardized,
  weightedKl,
} from '../losses/index.js';
import { standardizable, withDefaults } from './fields.js';
import { type AnswerInputs, type AnswerTerm, pooled } from './term.js';

/**
 * `w · τ² · mean_b Σ_c p (log p − log q)`. The gradient by z is `w · τ · (q − p) / B`: τ² keeps it at the size
 * of a hard label's as τ grows.
 *
 * @param target - p, already at this temperature; a row of sum a has the gradient `w · τ · (a q − p) / B`.
 * @see Hinton, Vinyals & Dean 2015, §2, https://arxiv.org/abs/1503.02531
 */
export function distillation(
  tf: Tf,
  logits: Tensor2D,
  target: Tensor2D,
  weight: number,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    // The teachers' entropy makes the loss 0 at a perfect student. It has no gradient.
    const logP = tf.log(tf.maximum(target, LEAST_PROBABILITY));
    const scale = (weight * temperature ** 2) / logits.shape[0];
    return tf.sum<Scalar>(target.mul(logP.sub(logQ))).mul(scale);
  });
}

const DEFAULTS = { weight: 0.9, temperature: 4 };

const settings = section({
  term: z
    .literal('kd')
    .describe(
      "Hinton's distillation: the divergence from the teachers' combined answers at a temperature, times its square.",
    ),
  ...standardizable(DEFAULTS),
}).transform((term) => withDefaults(term, DEFAULTS));

export const kdTerm: AnswerTerm<typeof settings, 'pooled' | 'logits'> = {
  name: 'kd',
  of: 'answers',
  settings,
  target: (own, combination) => (ruleOf(combination).inStudent ? { kind: 'logits' } : pooled(own)),
  loss(tf, { temperature, standardize }, inputs) {
    if (inputs.kind === 'logits') return adaptive(tf, temperature, inputs);
    const student = standardize ? standardized(tf, inputs.logits) : inputs.logits;
    return distillation(tf, student, inputs.values, 1, temperature);
  },
  defaultTemperature: DEFAULTS.temperature,
  isOfTopK: true,
  ofEachTeacher: true,
};

/** `Σ_k α_k τ² KL(p_k ‖ q)` by weights that the student's own gradients give. */
function adaptive(
  tf: Tf,
  temperature: number,
  { logits, values, combination }: AnswerInputs<'logits'>,
): Scalar {
  if (combination.combine !== 'aekd') throw new Error(`${combination.combine} is not adaptive`);
  const teachers = tf.transpose(values, [1, 0, 2]) as Tensor3D;
  const weights = adaptiveWeights(tf, logits, teachers, temperature, combination.bound);
  return weightedKl(tf, logits, teachers, sharedByRows(weights), temperature);
}
