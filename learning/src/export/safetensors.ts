/**
 * Weights in the safetensors format: a header of JSON with each tensor's type, shape and place, then the bytes.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
import { LyceumError } from '@lyceum/proto';
import { shownName } from '../files/index.js';
import {
  type ModelPackage,
  packageWeightSpecs,
  type WeightType,
  weightBytes,
} from '../formats/tensorflowjs/index.js';

const TYPES: Readonly<Record<WeightType, string>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/** The header's key for texts besides tensors. */
const METADATA = '__metadata__';

/** A lone half of a surrogate pair: UTF-8 cannot hold it. */
const HALF_A_CHARACTER = /\p{Cs}/u;

/** Tensors begin at multiples of this. */
const ALIGNMENT = 8;

/**
 * All weights under their names, as TensorFlow orders their dimensions: kernels of convolutions [height, width, in,
 * out], of Dense layers [in, out].
 *
 * @param metadata - texts for the header, for people and programs that read the file.
 * @throws {LyceumError} INVALID_ARGUMENT naming a weight whose name the header cannot have.
 */
export function exportSafetensors(
  model: ModelPackage,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  // Without Object's own names: a weight may be called `__proto__`.
  const header: Record<string, unknown> = Object.assign(Object.create(null), {
    [METADATA]: { ...metadata, format: 'tf' },
  });
  let offset = 0;
  for (const spec of packageWeightSpecs(model)) {
    if (spec.name === METADATA || HALF_A_CHARACTER.test(spec.name)) {
      const message = `a safetensors file can have no weight called ${shownName(spec.name)}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const end = offset + weightBytes(spec);
    header[spec.name] = {
      dtype: TYPES[spec.dtype],
      shape: spec.shape,
      data_offsets: [offset, end],
    };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padding = (ALIGNMENT - (text.length % ALIGNMENT)) % ALIGNMENT;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding));
  return Buffer.concat([length, text, Buffer.alloc(padding, ' '), model.weights]);
}
