/**
 * Weights in the safetensors format: a header of JSON with each tensor's type, shape and place, then the bytes.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
import {
  type ModelPackage,
  packageWeightSpecs,
  type WeightType,
  weightBytes,
} from '../formats/tensorflowjs/index.js';

const TYPES: Readonly<Record<WeightType, string>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/** Tensors begin at a multiple of this. */
const ALIGNMENT = 8;

/**
 * All weights under their names, as TensorFlow orders their dimensions: kernels of convolutions [height, width, in,
 * out], of Dense layers [in, out].
 *
 * @param metadata - texts for the header, for people and programs that read the file.
 */
export function exportSafetensors(
  model: ModelPackage,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { ...metadata, format: 'tf' } };
  let offset = 0;
  for (const spec of packageWeightSpecs(model)) {
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
