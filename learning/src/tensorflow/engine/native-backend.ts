/**
 * The part of tfjs-node's backend that tracing stands on: one object through which every operation, every tensor
 * that JavaScript makes, and every read passes. It is not in tfjs's public interface; it is as 4.22 has it.
 *
 * @see https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-node/src/nodejs_kernel_backend.ts
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Engine } from './engine.js';

/** Types' numbers in `DataType`. */
export const DT = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  float16: 19,
} as const;

/** Attributes' types, `TF_ATTR_…`. */
export const ATTRIBUTE = { bool: 3, type: 4, shape: 5 } as const;

/** Attribute of an operation, in the numbers of TensorFlow's C interface (`TF_ATTR_…`). */
export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A tensor that the library holds; `dtype` is TensorFlow's number (`DT_FLOAT` is 1). */
export interface TensorMetadata {
  readonly id: number;
  readonly dtype: number;
  readonly shape: readonly number[];
}

/** The functions of the addon. Ids only rise: none is given twice. */
export interface Binding {
  executeOp(
    name: string,
    attributes: readonly OperationAttribute[],
    inputIds: readonly number[],
    outputCount: number,
  ): TensorMetadata[];
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  tensorDataSync(id: number): unknown;
  deleteTensor(id: number): void;
  runSavedModel(...args: unknown[]): TensorMetadata[];
}

export interface InputInfo {
  readonly name: string;
  readonly dtype: string;
  readonly tfDtype: string;
}

/** The backend's note of a tensor; `dtype` is TensorFlow's number. */
interface NotedTensor {
  readonly dtype: number;
}

export interface NativeBackend {
  readonly tensorMap: { get(dataId: object): NotedTensor | undefined };
  /** The addon. The property can be set; the addon's own properties cannot. */
  binding: Binding;
  /** Ids of the tensors. Those that only JavaScript has yet are handed over first. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  getDTypeInteger(dtype: string): number;
  executeSingleOutput(
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly Tensor[],
  ): Tensor;
  /** A tensor of tfjs around one that the library holds. */
  createOutputTensor(metadata: TensorMetadata): Tensor;
  loadSavedModelMetaGraph(folder: string, tag: string): number;
  runSavedModel(
    session: number,
    inputs: readonly Tensor[],
    infos: readonly InputInfo[],
    outputNames: readonly string[],
  ): Tensor[];
  deleteSavedModel(session: number): void;
}

/** The engine's backend, if it is the native one. */
export function nativeBackend({ tf, name }: Engine): NativeBackend | undefined {
  return name === 'native' ? (tf.backend() as unknown as NativeBackend) : undefined;
}

/** TensorFlow's number of a tensor's type, which tfjs may call by another name. */
export function libraryType(backend: NativeBackend, { dataId, dtype }: Tensor): number {
  return backend.tensorMap.get(dataId)?.dtype ?? backend.getDTypeInteger(dtype);
}
