/**
 * Samples in bytes, handed to TensorFlow as bytes and made real there: x = b / 255. A batch of 256 pictures of
 * 224 × 224 × 3 is then 38 MB to copy instead of 154 MB.
 *
 * Division, not a product with 1/255: it gives the bits that float32(b · (1/255)) has, computed in double precision,
 * for each of the 256 bytes.
 *
 * tfjs knows no such tensors. It calls them `int32` and never reads them; the library knows their type.
 */
import type { Tensor } from '@tensorflow/tfjs';
import { DT, type Engine, libraryType, nativeBackend } from './engine/index.js';
import { castFrom } from './library-tensors.js';

/** Real values, or bytes of which each is 255 times its real value. */
export type FedValues = Float32Array | Uint8Array;

const TO_FLOAT = castFrom(DT.uint8, DT.float32);

/**
 * The tensor of these values, in the caller's tidy. An engine without TensorFlow's library gets real values at once.
 */
export function fedTensor(engine: Engine, values: FedValues, shape: readonly number[]): Tensor {
  const { tf } = engine;
  if (values instanceof Float32Array) return tf.tensor(values, [...shape]);
  const backend = nativeBackend(engine);
  if (backend === undefined) return tf.tensor(Float32Array.from(values, real), [...shape]);
  const id = backend.binding.createTensor(shape, DT.uint8, values);
  return backend.createOutputTensor({ id, dtype: DT.uint8, shape: [...shape] });
}

/** The real values of a tensor that {@link fedTensor} gave. In the caller's tidy; may be traced. */
export function realValues(engine: Engine, fed: Tensor): Tensor {
  const backend = nativeBackend(engine);
  if (backend === undefined || libraryType(backend, fed) !== DT.uint8) return fed;
  const values = backend.executeSingleOutput('Cast', TO_FLOAT, [fed]);
  return values.div(255);
}

function real(byte: number): number {
  return byte * (1 / 255);
}
