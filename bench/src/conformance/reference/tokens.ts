/**
 * Distillation of sequence models, by token and by sequence. No run uses it: runs have no sequences yet.
 *
 * Symbols: B batch, S sequences, L positions, V vocabulary, τ temperature.
 */
import type { Scalar, Tensor2D, Tensor3D, Tf } from '@lyceum/learning/tensorflow';

/**
 * `Σ mask · KL(p ‖ q) / Σ mask` over positions; 0 if the mask is all zeros.
 *
 * @param logits - [B, L, V] of the student; the teacher's likewise.
 * @param mask - [B, L], 1 where a token counts.
 */
export function tokenKl(
  tf: Tf,
  logits: Tensor3D,
  teacherLogits: Tensor3D,
  mask: Tensor2D,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div<Tensor3D>(temperature));
    const logP = tf.logSoftmax(teacherLogits.div<Tensor3D>(temperature));
    const divergence = tf.sum<Tensor2D>(tf.exp(logP).mul(logP.sub(logQ)), 2);
    return tf.sum<Scalar>(divergence.mul(mask)).div(tf.maximum(tf.sum(mask), 1));
  });
}

/**
 * `Σ_s w_s NLL_s`, the student's negative log likelihood of sequences that the teacher made.
 *
 * @param logits - [S, L, V].
 * @param tokens - int32 [S, L]; −1 after a sequence's end.
 * @param sequenceWeights - one for each sequence: 1/S, or the softmax of the teacher's log probabilities.
 * @param reduction - whether a sequence's tokens are added or averaged.
 * @see Kim & Rush 2016, §3.2, https://arxiv.org/abs/1606.07947
 */
export function sequenceNll(
  tf: Tf,
  logits: Tensor3D,
  tokens: Tensor2D,
  sequenceWeights: readonly number[],
  reduction: 'sequenceSum' | 'tokenMean',
): Scalar {
  return tf.tidy(() => {
    // The one-hot row of −1 is zeros.
    const chosen = tf.oneHot(tokens.toInt(), logits.shape[2]).toFloat();
    const sums = tf.sum(chosen.mul(tf.logSoftmax(logits)), [1, 2]);
    const counts = tf.maximum(tf.sum(chosen, [1, 2]), 1);
    const values = reduction === 'tokenMean' ? sums.div(counts) : sums;
    return tf.sum<Scalar>(values.mul(tf.tensor1d([...sequenceWeights]))).neg();
  });
}
