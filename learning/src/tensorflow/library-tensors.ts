/**
 * Tensors in TensorFlow's library, by their ids, of types that tfjs does not have: bytes, texts, numbers of other
 * sizes. The caller that makes one deletes it.
 */
import {
  ATTRIBUTE,
  type Binding,
  DT,
  type OperationAttribute,
  type TensorMetadata,
} from './engine/index.js';

export type LibraryType = keyof typeof DT;

/** Values, row-major: texts for strings, else numbers. */
export type LibraryValues = Float32Array | readonly (string | number)[];

/** Makes a tensor. @returns its id. Whole numbers are rounded; bytes stay within 0 to 255. */
export function createdTensor(
  binding: Binding,
  type: LibraryType,
  shape: readonly number[],
  values: LibraryValues,
): number {
  switch (type) {
    case 'float64': {
      // The addon makes no float64; the bits pass as whole numbers of the same size.
      const bits = binding.createTensor(shape, DT.int64, halves(Float64Array.from(values, Number)));
      return made(binding, 'Bitcast', bits, [typed('T', DT.int64), typed('type', DT.float64)]).id;
    }
    case 'float16': {
      const whole = createdTensor(binding, 'float32', shape, values);
      return made(binding, 'Cast', whole, castFrom(DT.float32, DT.float16)).id;
    }
    default:
      return binding.createTensor(shape, DT[type], STORED[type](values));
  }
}

/** The same numbers in float32, in place of the tensor, which is deleted if it is of another type. */
export function madeFloat32(binding: Binding, given: TensorMetadata): TensorMetadata {
  if (given.dtype === DT.float32) return given;
  return made(binding, 'Cast', given.id, castFrom(given.dtype, DT.float32));
}

/** Attributes of a `Cast`. */
export function castFrom(from: number, to: number): readonly OperationAttribute[] {
  const truncate = { name: 'Truncate', type: ATTRIBUTE.bool, value: false };
  return [typed('SrcT', from), typed('DstT', to), truncate];
}

function typed(name: string, value: number): OperationAttribute {
  return { name, type: ATTRIBUTE.type, value };
}

/** The tensor that an operation makes of another one, which is deleted. */
function made(
  binding: Binding,
  operation: string,
  id: number,
  attributes: readonly OperationAttribute[],
): TensorMetadata {
  try {
    return binding.executeOp(operation, attributes, [id], 1)[0] as TensorMetadata;
  } finally {
    binding.deleteTensor(id);
  }
}

/** Values as the addon takes them, by the tensor's type. */
const STORED: Readonly<
  Record<Exclude<LibraryType, 'float16' | 'float64'>, (values: LibraryValues) => unknown>
> = {
  float32: (values) =>
    values instanceof Float32Array ? values : Float32Array.from(values, Number),
  int32: (values) => Int32Array.from(values, wholeNumber),
  uint8: (values) => new Uint8Array(Uint8ClampedArray.from(values, Number)),
  string: (values) => Array.from(values, (value) => Buffer.from(String(value))),
  int64: (values) => halves(BigInt64Array.from(values, (value) => BigInt(wholeNumber(value)))),
  bool: (values) => Uint8Array.from(values, Number),
};

/** The 64-bit values as halves of 32 bits, the lower first. */
function halves({ buffer }: BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Int32Array {
  return new Int32Array(buffer);
}

function wholeNumber(value: string | number): number {
  return Math.round(Number(value));
}
