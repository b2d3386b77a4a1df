/**
 * Types of values in ONNX files, for reading and writing.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto
 */
import type { ElementType } from '../graphs/index.js';

/** A type that has a number in ONNX files. */
export type OnnxElementType = Exclude<ElementType, 'other'>;

/** The number of a type in `TensorProto.DataType`, and bytes of one value; 0: texts have no size. */
export const ONNX_ELEMENTS: Readonly<
  Record<OnnxElementType, { readonly number: number; readonly bytes: number }>
> = {
  float32: { number: 1, bytes: 4 },
  uint8: { number: 2, bytes: 1 },
  int8: { number: 3, bytes: 1 },
  uint16: { number: 4, bytes: 2 },
  int16: { number: 5, bytes: 2 },
  int32: { number: 6, bytes: 4 },
  int64: { number: 7, bytes: 8 },
  string: { number: 8, bytes: 0 },
  bool: { number: 9, bytes: 1 },
  float16: { number: 10, bytes: 2 },
  float64: { number: 11, bytes: 8 },
  uint32: { number: 12, bytes: 4 },
  uint64: { number: 13, bytes: 8 },
  bfloat16: { number: 16, bytes: 2 },
};
