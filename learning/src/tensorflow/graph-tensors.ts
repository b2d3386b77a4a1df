/** Makes the tensors that graphs take from plain arrays, and arrays from tensors. */
import type { Tensor } from '@tensorflow/tfjs';
import type { ElementType, GraphOutput } from '../formats/graphs/index.js';
import type { Tf } from './engine/index.js';

/** The tensor of these values. Whole numbers are rounded; bytes stay within 0 to 255. tfjs has one type for both. */
export function graphInput(
  tf: Tf,
  type: ElementType,
  values: Float32Array,
  shape: readonly number[],
): Tensor {
  switch (type) {
    case 'uint8':
      return tf.tensor(Int32Array.from(Uint8ClampedArray.from(values)), [...shape], 'int32');
    case 'int32':
    case 'int64':
      return tf.tensor(Int32Array.from(values, Math.round), [...shape], 'int32');
    default:
      return tf.tensor(values, [...shape]);
  }
}

/** The values of a tensor, which is then disposed of. */
export function takenOutput(tensor: Tensor): GraphOutput {
  const output = { values: tensor.dataSync() as Float32Array, dims: tensor.shape };
  tensor.dispose();
  return output;
}
