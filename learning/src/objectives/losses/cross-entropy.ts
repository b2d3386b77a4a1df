/**
 * Cross entropy to labels: the data set's, a teacher's, or the teachers' votes.
 *
 * Symbols: z student logits [B, C], y labels, one-hot [B, C], a row of zeros where there is no label.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';

/**
 * `(−Σ_b Σ_c y log softmax(z)) / max(1, L)`, L the batch's labelled rows: the mean over these rows, 0 if there is
 * none. A mixed sample may have half a label: L is the sum of all labels. The gradient by z is `(softmax(z) − y) / L`
 * on labelled rows and 0 on the others.
 */
export function crossEntropy(tf: Tf, logits: Tensor2D, hardLabels: Tensor2D): Scalar {
  return tf.tidy(() => {
    const labelled = tf.maximum(tf.sum(hardLabels), 1);
    const sum = tf.sum(hardLabels.mul(tf.logSoftmax(logits)));
    return sum.div<Scalar>(labelled).neg();
  });
}
