/**
 * The divergences of several teachers, weighted.
 *
 * `Σ_k w_k KL(p_k ‖ q)` is `KL(Σ_k w_k p_k ‖ q)` plus a constant, the teachers' spread, for weights of sum 1. Both
 * have the same gradient, so one pooled target a sample is enough if weights are known beforehand.
 *
 * Symbols: K teachers, v their logits [K, B, C], p_k = softmax(v_k/τ), z student logits [B, C], q = softmax(z/τ).
 */
import type { Scalar, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/**
 * `τ² · mean_b Σ_k w_bk KL(p_bk ‖ q_b)`. The gradient by z is `τ · Σ_k w_bk (q_b − p_bk) / B`.
 *
 * @param weights - [B, K], or [1, K] if all samples share them; no gradient goes through them.
 */
export function weightedKl(
  tf: Tf,
  logits: Tensor2D,
  teacherLogits: Tensor3D,
  weights: Tensor2D,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div<Tensor2D>(temperature));
    const logP = tf.logSoftmax(teacherLogits.div<Tensor3D>(temperature));
    const perTeacher = tf.sum<Tensor2D>(tf.exp(logP).mul(logP.sub(logQ)), 2);
    const scale = temperature ** 2 / logits.shape[0];
    return tf.sum<Scalar>(perTeacher.mul(tf.transpose(weights))).mul(scale);
  });
}

/** Weights [K] for all samples, in the shape [1, K] that {@link weightedKl} takes. */
export function sharedByRows(weights: Tensor1D): Tensor2D {
  return weights.reshape([1, -1]);
}
