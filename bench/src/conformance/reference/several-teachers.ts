/**
 * Several teachers in one term, as tensors: the weight of each teacher, and their pooled answer. Runs compute both in
 * plain arrays, before the student's step.
 *
 * Symbols: K teachers, v their logits [K, B, C], p_k = softmax(v_k/τ).
 */
import { temperedSoftmax } from '@lyceum/learning/objectives';
import type { Tensor, Tensor2D, Tensor3D, Tf } from '@lyceum/learning/tensorflow';

/** [1, K], the weights divided by their sum; absent: all equal. */
export function equalShares(tf: Tf, teacherCount: number, weights?: readonly number[]): Tensor2D {
  const given = weights ?? Array.from({ length: teacherCount }, () => 1);
  const sum = given.reduce((total, weight) => total + weight, 0);
  return tf.tensor2d([given.map((weight) => weight / sum)]);
}

/** `Σ_k w_k p_k`, each tempered before it is pooled. The tensor is the caller's. */
export function meanProbabilities(
  tf: Tf,
  teacherLogits: Tensor3D,
  shares: Tensor2D,
  temperature: number,
): Tensor2D {
  return tf.tidy(() => {
    const logP = tf.logSoftmax(teacherLogits.div<Tensor3D>(temperature));
    // The logarithm of the sum is computed as a soft maximum, so that log 0 cannot occur.
    const weighted = logP.add<Tensor3D>(tf.log(byTeacher(tf, shares)));
    return tf.exp(tf.logSumExp(weighted, 0)) as Tensor2D;
  });
}

/** softmax(Σ_k w_k v_k / τ): the normalised geometric mean of the p_k. The tensor is the caller's. */
export function meanLogits(
  tf: Tf,
  teacherLogits: Tensor3D,
  shares: Tensor2D,
  temperature: number,
): Tensor2D {
  return tf.tidy(() => {
    const mean = tf.sum<Tensor2D>(teacherLogits.mul(byTeacher(tf, shares)), 0);
    return temperedSoftmax(tf, mean, temperature);
  });
}

function byTeacher(tf: Tf, shares: Tensor2D): Tensor {
  return tf.reshape(shares, [shares.shape[1], 1, 1]);
}

/**
 * [B, K], `(1 − H_k / Σ_j H_j) / (K − 1)`, H the entropy at temperature 1: a surer teacher has more weight, at most
 * 1/(K − 1). If all entropies of a row are 0, each weight is 1/K.
 *
 * @see Kwon, Na, Lee & Kim 2020, §3, https://doi.org/10.1109/ICASSP40776.2020.9053698
 */
export function entropyWeights(tf: Tf, teacherLogits: Tensor3D): Tensor2D {
  const [teacherCount] = teacherLogits.shape;
  return tf.tidy(() => {
    const logP = tf.logSoftmax(teacherLogits);
    const entropies = tf.transpose(tf.sum<Tensor2D>(tf.exp(logP).mul(logP), 2).neg()) as Tensor2D;
    if (teacherCount === 1) return tf.onesLike(entropies);
    const total = tf.sum(entropies, 1, true);
    const shares = tf.sub(1, tf.divNoNan(entropies, total)).div<Tensor2D>(teacherCount - 1);
    const doubtful = tf.greater(total, 0).toFloat();
    return shares.mul<Tensor2D>(doubtful).add(tf.sub(1, doubtful).div(teacherCount));
  });
}

/**
 * [B, K], `(1 − softmax_k(CE_k)) / (K − 1)`, CE_k a teacher's cross entropy to the label. In a row without a label all
 * teachers have the same weight.
 *
 * @param hardLabels - one-hot [B, C]; a row without a label is zeros.
 * @see Zhang, Chen & Wang 2022, §3.1, https://arxiv.org/abs/2201.00007
 */
export function confidenceWeights(tf: Tf, teacherLogits: Tensor3D, hardLabels: Tensor2D): Tensor2D {
  const [teacherCount] = teacherLogits.shape;
  return tf.tidy(() => {
    const logs = tf.logSoftmax(teacherLogits).mul<Tensor3D>(hardLabels);
    const crossEntropies = tf.transpose(tf.sum<Tensor2D>(logs, 2).neg()) as Tensor2D;
    if (teacherCount === 1) return tf.onesLike(crossEntropies);
    return tf.sub(1, temperedSoftmax(tf, crossEntropies, 1)).div(teacherCount - 1);
  });
}
