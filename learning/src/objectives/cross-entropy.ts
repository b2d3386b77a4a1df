/**
 * Cross entropy to labels: the data set's, a teacher's, or those that teachers vote for.
 *
 * Symbols: z student logits [B, C], y labels, one-hot [B, C], zero rows where there is none, w weight, ε smoothing.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';

/**
 * `w · (−Σ_b Σ_c y log softmax(z)) / max(1, L)`, L the batch's labelled rows: the mean over those rows, 0 when
 * there is none. A mixed sample may have half a label: L is the sum of all. The gradient by z is `w · (softmax(z) − y) / L` on labelled rows and 0 on the others.
 */
export function crossEntropy(
  tf: Tf,
  logits: Tensor2D,
  hardLabels: Tensor2D,
  weight: number,
): Scalar {
  return tf.tidy(() => {
    const labelled = tf.maximum(tf.sum(hardLabels), 1);
    const sum = tf.sum(hardLabels.mul(tf.logSoftmax(logits)));
    return sum.div(labelled).mul(-weight);
  });
}

/**
 * `(1 − ε) y + ε / C` on labelled rows; rows of zeros stay so.
 *
 * @see Szegedy et al. 2016, §7, https://arxiv.org/abs/1512.00567
 */
export function smoothedLabels(tf: Tf, hardLabels: Tensor2D, smoothing: number): Tensor2D {
  return tf.tidy(() => {
    const labelled = tf.sum(hardLabels, 1, true);
    return hardLabels.mul(1 - smoothing).add(labelled.mul(smoothing / hardLabels.shape[1]));
  });
}

/**
 * Cross entropy to the teacher's most probable class, of equal ones the first: 1 − ε there and ε / (C − 1) elsewhere.
 *
 * @param teacher - [B, C], logits or probabilities.
 */
export function hardLabel(tf: Tf, logits: Tensor2D, teacher: Tensor2D, smoothing: number): Scalar {
  return tf.tidy(() => {
    const classCount = teacher.shape[1];
    const chosen = tf.oneHot(tf.argMax(teacher, 1), classCount).toFloat() as Tensor2D;
    const other = classCount > 1 ? smoothing / (classCount - 1) : 0;
    return crossEntropy(tf, logits, chosen.mul<Tensor2D>(1 - smoothing - other).add(other), 1);
  });
}

/**
 * Targets from teachers that give labels only, [B, C]: `soft` the shares of the votes, `hard` the class with most,
 * of equal ones the first. A row that nobody votes on is zeros: {@link crossEntropy} leaves it out.
 *
 * @param votes - int32 [B, K], class indices; −1 abstains.
 * @param teacherWeights - one a teacher; absent: all equal.
 */
export function voteTarget(
  tf: Tf,
  votes: Tensor2D,
  classCount: number,
  mode: 'soft' | 'hard',
  teacherWeights?: readonly number[],
): Tensor2D {
  return tf.tidy(() => {
    const teacherCount = votes.shape[1];
    const weights = teacherWeights ?? Array.from({ length: teacherCount }, () => 1);
    const ballots = tf.oneHot(votes.toInt(), classCount).toFloat();
    const counts = tf.sum<Tensor2D>(
      ballots.mul(tf.tensor3d([...weights], [1, teacherCount, 1])),
      1,
    );
    const total = tf.sum(counts, 1, true);
    if (mode === 'soft') return tf.divNoNan(counts, total);
    const winner = tf.oneHot(tf.argMax(counts, 1), classCount).toFloat() as Tensor2D;
    return winner.mul(tf.greater(total, 0).toFloat());
  });
}
