import { minNormWeights } from '@lyceum/learning/objectives';
import type { Tensor1D, Tensor2D, Tf } from '@lyceum/learning/tensorflow';

/**
 * {@link minNormWeights} αₖ of the gradients scaled to length 1. The result is αₖ/‖gₖ‖ divided by their sum, so that
 * the weighted sum has the direction of Σ αₖ gₖ/‖gₖ‖. A gradient of length 0 is not scaled.
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
