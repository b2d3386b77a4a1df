import { minNormWeights } from '@lyceum/learning/objectives';
import type { Tensor1D, Tensor2D, Tf } from '@lyceum/learning/tensorflow';

/**
 * {@link minNormWeights} of gradients of length 1, weighed by αₖ/‖gₖ‖, so that a teacher's long gradient has no less
 * weight for its length. A gradient of length 0 is left as it is.
 *
 * @param gradients - [K, D].
 */
export function normalizedMinNormWeights(tf: Tf, gradients: Tensor2D, bound: number): Tensor1D {
  return tf.tidy(() => {
    const norms = tf.sqrt(tf.sum<Tensor2D>(tf.square(gradients), 1, true));
    const lengths = norms.add<Tensor2D>(tf.equal(norms, 0).toFloat());
    const shares = minNormWeights(tf, gradients.div(lengths), bound);
    const weights = shares.div<Tensor1D>(lengths.reshape([-1]));
    return weights.div(tf.sum(weights));
  });
}
