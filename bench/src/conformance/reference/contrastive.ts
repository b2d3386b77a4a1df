/**
 * Contrastive representation distillation, the student's half. No run uses it: runs have no memory banks yet.
 *
 * Symbols: e embedding, m memory, K negatives, n samples of the data set, T temperature, Z normaliser.
 */
import { rootOfSquares } from '@lyceum/learning/objectives';
import type { Scalar, Tensor2D, Tensor3D, Tf } from '@lyceum/learning/tensorflow';

/** Keeps denominators above 0. */
const EPSILON = 1e-7;

export interface ContrastiveSettings {
  /** Temperature that divides the products; the paper's is 0.07. */
  readonly temperature: number;
  /** Z, fixed once: n times the first batch's mean exponential. */
  readonly normalizer: number;
  readonly sampleCount: number;
}

/**
 * `−mean_b [log(P₀ / (P₀ + K/n + 1e-7)) + Σ_{k>0} log((K/n) / (P_k + K/n + 1e-7))]`
 * with `P_k = exp(⟨m_k, e/‖e‖⟩/T)/Z`.
 *
 * @param embedding - [B, D].
 * @param memory - [B, 1 + K, D] of the teacher; the first is the sample's own.
 * @see Tian, Krishnan & Isola 2020, §3.1, https://arxiv.org/abs/1910.10699
 */
export function contrastiveStudentHalf(
  tf: Tf,
  embedding: Tensor2D,
  memory: Tensor3D,
  { temperature, normalizer, sampleCount }: ContrastiveSettings,
): Scalar {
  return tf.tidy(() => {
    const [batch, candidates] = memory.shape;
    const direction = embedding.div<Tensor2D>(rootOfSquares(tf, embedding, 1));
    const products = tf.sum<Tensor2D>(memory.mul(direction.reshape([batch, 1, -1])), 2);
    const logP = products.div<Tensor2D>(temperature).sub<Tensor2D>(Math.log(normalizer));
    const noise = (candidates - 1) / sampleCount;
    const logSum = tf.log(tf.exp(logP).add<Tensor2D>(noise + EPSILON));
    const positive = tf.slice(logP, [0, 0], [batch, 1]);
    const negatives = batch * (candidates - 1) * Math.log(noise);
    const sum = tf.sum<Scalar>(positive).sub<Scalar>(tf.sum(logSum)).add<Scalar>(negatives);
    return sum.div(-batch);
  });
}
