/**
 * An example of one's own methods: a term and a rule.
 *
 *     npm run conformance -- --plugin examples/own-methods/plugin.ts
 *     coordinator up --plugin examples/own-methods/plugin.ts
 *     coordinator submit examples/own-methods/distillation.yaml --watch
 */
import type { Plugin } from '@lyceum/learning/plugins';

export default {
  terms: {
    /**
     * Squared Hellinger distance, 1 − Σ √(p q), q = softmax(z/τ): bounded, and finite where p is 0. Hellinger 1909.
     */
    hellinger: {
      loss(tf, { logits, target, temperature }) {
        // √q as exp(½ log q): √ has an infinite gradient at 0.
        const rootOfStudent = logits.div(temperature).logSoftmax().mul(0.5).exp();
        const overlap = target.sqrt().mul(rootOfStudent).sum(-1);
        return tf.sub(1, overlap.mean());
      },
    },
  },
  rules: {
    /**
     * Outliers weigh less: teacher k's share of a sample is its weight times exp(−s · KL(pₖ ‖ p̄)), p̄ the plain mean;
     * `settings.sharpness` is s, 5 if it is not given.
     */
    agreeing: {
      shares({ teacherLogits, teacherWeights, rowCount, classCount }, { sharpness = 5 }) {
        const teacherCount = teacherLogits.length;
        const shares = new Float64Array(rowCount * teacherCount);
        for (let row = 0; row < rowCount; row++) {
          const p = teacherLogits.map((logits) =>
            softmax(logits.subarray(row * classCount, (row + 1) * classCount)),
          );
          const mean = Array.from({ length: classCount }, (_, c) =>
            p.reduce((sum, own) => sum + (own[c] ?? 0) / teacherCount, 0),
          );
          const weights = p.map(
            (own, k) => (teacherWeights[k] ?? 0) * Math.exp(-sharpness * kl(own, mean)),
          );
          const sum = weights.reduce((total, weight) => total + weight, 0);
          shares.set(
            weights.map((weight) => weight / sum),
            row * teacherCount,
          );
        }
        return shares;
      },
    },
  },
} satisfies Plugin;

function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const greatest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Σ p log(p/q), 0 where p is 0. */
function kl(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, own, c) => sum + (own > 0 ? own * Math.log(own / (q[c] ?? 0)) : 0), 0);
}
