import type { Tensor2D, Tf } from '@lyceum/learning/tensorflow';

/**
 * `(1 − ε) y + ε / C` on labelled rows, ε the smoothing; rows of zeros stay zeros.
 *
 * @see Szegedy et al. 2016, §7, https://arxiv.org/abs/1512.00567
 */
export function smoothedLabels(tf: Tf, hardLabels: Tensor2D, smoothing: number): Tensor2D {
  return tf.tidy(() => {
    const labelled = tf.sum(hardLabels, 1, true);
    return hardLabels.mul(1 - smoothing).add(labelled.mul(smoothing / hardLabels.shape[1]));
  });
}
