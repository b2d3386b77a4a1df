/**
 * Regressors: trainable maps from a student's features to the shape of a teacher's. They are trained with the student
 * and are not exported.
 *
 * Symbols: S channels or units of the student's layer, T of the teacher's, [h, w] the kernel.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs';
import { mix32 } from '../../../arrays/index.js';
import type { Tf } from '../../../tensorflow/engine/index.js';
import type { RegressorPlan } from './regressor-plan.js';

/** Keeps these seeds apart from those of the student's own layers, which count from 1. */
const FIRST_STREAM = 0x4000_0000;

/**
 * `f Wᵀ + b` along the last axis: a dense regressor, and on maps a convolution of size 1.
 *
 * @param features - [B, …, S].
 * @param weights - [T, S].
 * @param bias - [T].
 * @returns [B, …, T].
 */
export function linearRegressor(
  tf: Tf,
  features: Tensor,
  weights: Tensor2D,
  bias: Tensor1D,
): Tensor {
  return tf.tidy(() => {
    const [out, inputs] = weights.shape;
    const rows = features.reshape<Tensor2D>([-1, inputs]);
    const mapped = tf.matMul(rows, weights, false, true).add(bias);
    return tf.reshape(mapped, [...features.shape.slice(0, -1), out]);
  });
}

export class Regressor {
  readonly #tf: Tf;
  readonly #plan: RegressorPlan;
  readonly #activation: 'linear' | 'relu';
  /** [T, S] of a dense one, [h, w, S, T] of a convolution, [h, w, T, S] of a transposed one. */
  readonly kernel: Variable;
  /** [T] */
  readonly bias: Variable;

  /**
   * @param seed - the run's seed. Together with `index` it fixes the initial kernel, Glorot and Bengio's uniform
   *   one; the bias begins at 0.
   * @param index - which of the run's regressors this is.
   */
  constructor(
    tf: Tf,
    plan: RegressorPlan,
    activation: 'linear' | 'relu',
    { seed, index }: { readonly seed: number; readonly index: number },
  ) {
    this.#tf = tf;
    this.#plan = plan;
    this.#activation = activation;
    // Never 0: tfjs takes 0 for "unseeded".
    const stream = mix32(mix32(seed) ^ (FIRST_STREAM + index)) + 1;
    const initializer = tf.initializers.glorotUniform({ seed: stream });
    this.kernel = tf.tidy(() => tf.variable(initializer.apply(kernelShape(plan))));
    this.bias = tf.tidy(() => tf.variable(tf.zeros([plan.outputs])));
  }

  /**
   * @param features - the student's, [B, …] in the shape that the plan was made for.
   * @returns [B, …] in the teacher's shape.
   */
  apply(features: Tensor): Tensor {
    const tf = this.#tf;
    return tf.tidy(() => {
      const mapped = this.#mapped(features);
      return this.#activation === 'relu' ? tf.relu(mapped) : mapped;
    });
  }

  #mapped(features: Tensor): Tensor {
    const tf = this.#tf;
    const plan = this.#plan;
    const [rows = 0, height = 0, width = 0] = features.shape;
    if (plan.kind === 'dense') {
      const flat = tf.reshape(features, [rows, plan.inputs]);
      return linearRegressor(tf, flat, this.kernel as unknown as Tensor2D, this.bias as unknown as Tensor1D); // biome-ignore format: short
    }
    const kernel = this.kernel as unknown as Tensor4D;
    const maps = features as Tensor4D;
    const { stride, padding } = plan;
    if (plan.kind === 'convolution') {
      return tf.conv2d(maps, kernel, stride, padding).add(this.bias);
    }
    const shape: [number, number, number, number] = [
      rows,
      stride * height,
      stride * width,
      plan.outputs,
    ];
    return tf.conv2dTranspose(maps, kernel, shape, stride, padding).add(this.bias);
  }
}

function kernelShape(plan: RegressorPlan): number[] {
  const { inputs, outputs } = plan;
  switch (plan.kind) {
    case 'dense':
      return [outputs, inputs];
    case 'convolution':
      return [...plan.kernel, inputs, outputs];
    case 'transposed-convolution':
      return [...plan.kernel, outputs, inputs];
  }
}
