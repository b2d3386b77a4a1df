/**
 * Weights of the teachers in a distillation term by how each would change the student (AE-KD): {@link minNormWeights}
 * of the losses' gradients by the logits, which need no backward pass.
 *
 *     g_k = τ Σ_b (q_b − p_bk) / B, [C]
 *
 * Symbols: z student logits [B, C], v teachers' [K, B, C], p_bk = softmax(v_bk/τ), q_b = softmax(z_b/τ).
 */
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { Tf } from '../../tensorflow/engine/index.js';
import { minNormWeights } from './min-norm-weights.js';
import { temperedSoftmax } from './soft-target.js';

/**
 * α [K]; no gradient goes through it.
 *
 * @param logits - z, [B, C].
 * @param teacherLogits - [K, B, C].
 * @param bound - greatest α, the paper's C, 0.6 there; below 1/K all weigh 1/K; 1 is the multiple-gradient descent
 *   of MGDA.
 * @throws {LyceumError} INVALID_ARGUMENT above `AEKD_MAX_TEACHERS` teachers.
 * @see Du et al. 2020, §3.2, https://proceedings.neurips.cc/paper/2020/hash/91c77393975889bd08f301c9e13a44b7-Abstract.html
 */
export function adaptiveWeights(
  tf: Tf,
  logits: Tensor2D,
  teacherLogits: Tensor3D,
  temperature: number,
  bound: number,
): Tensor1D {
  // Nothing inside has a gradient, so the weights are constants where the loss is differentiated.
  const constant = tf.customGrad((z) => {
    const q = temperedSoftmax(tf, z as Tensor2D, temperature);
    const p = temperedSoftmax(tf, teacherLogits, temperature);
    // The factor τ / B is left out: it is the same for all teachers.
    const gradients = tf.sum<Tensor2D>(q.sub(p), 1);
    return {
      value: minNormWeights(tf, gradients, bound),
      gradFunc: () => tf.zerosLike(z as Tensor2D),
    };
  });
  return tf.tidy(() => constant(logits) as Tensor1D);
}
