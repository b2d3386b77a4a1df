/** A divergence of two powers, between `kl-forward`, `kl-reverse` and squared differences. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { number, section } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { batchMean, type SoftTarget, softTargetOf } from '../losses/index.js';
import { divergence } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

interface Powers {
  /** The paper's α. */
  readonly target: number;
  /** The paper's β. */
  readonly student: number;
}

/**
 * `mean_b Σ_c [α p^(α+β) / (α+β) + β q^(α+β) / (α+β) − p^α q^β] / (α β)`, at least 0, and 0 only where p = q. The
 * gradient by z is `(q g − q Σ q g) / (τ B)` with `q g = q^β (q^α − p^α) / α`.
 *
 * α = β = ½ is four times Hellinger's squared distance, α = β = 1 half of the squared difference. The limits are KL(p
 * ‖ q) at α = 1, β → 0 and KL(q ‖ p) at α → 0, β = 1.
 *
 * Symbols: z student logits [B, C], p soft targets [B, C], q = softmax(z/τ), α and β the powers.
 *
 * @see Wang et al. 2025 (ABKD), https://arxiv.org/abs/2505.04560
 * @see Cichocki, Cruces & Amari 2011, https://doi.org/10.3390/e13010134
 */
function alphaBeta(
  tf: Tf,
  logits: Tensor2D,
  { logProbabilities: logP }: SoftTarget,
  temperature: number,
  { target, student }: Powers,
): Scalar {
  const sum = target + student;
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div<Tensor2D>(temperature));
    const ofTarget = tf.exp(logP.mul<Tensor2D>(sum)).mul<Tensor2D>(target / sum);
    const ofStudent = tf.exp(logQ.mul<Tensor2D>(sum)).mul<Tensor2D>(student / sum);
    const ofBoth = tf.exp(logP.mul<Tensor2D>(target).add<Tensor2D>(logQ.mul(student)));
    return batchMean(tf, ofTarget.add<Tensor2D>(ofStudent).sub(ofBoth)).div(target * student);
  });
}

/** Below 0.1, float32 rounds the differences of powers away. */
const power = number('a number from 0.1 to 2', { atLeast: 0.1, atMost: 2 });

const settings = section({
  term: z
    .literal('alpha-beta')
    .describe(
      'A divergence of two powers, between kl-forward, kl-reverse and squared differences.',
    ),
  ...divergence,
  targetPower: power
    .default(0.5)
    .describe(
      "The power of the teachers' probabilities, α: the smaller, the more weight on classes where both differ most.",
    ),
  studentPower: power
    .default(0.5)
    .describe(
      "The power of the student's probabilities, β: the greater, the more weight on classes that the student is sure of.",
    ),
});

export const alphaBetaTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'alpha-beta',
  of: 'answers',
  settings,
  target: pooled,
  loss(tf, { temperature, targetPower, studentPower }, { logits, values }) {
    const powers = { target: targetPower, student: studentPower };
    return alphaBeta(tf, logits, softTargetOf(tf, values), temperature, powers);
  },
};
