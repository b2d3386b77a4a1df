/**
 * Records the calls that a function of tensors makes to the native backend: operations and constants, in order, with
 * the source of each of their inputs. The function runs as ever meanwhile.
 *
 * Decisions that JavaScript makes on the way are frozen into the recording. So a read of a value that depends on inputs
 * or state makes it invalid: decisions that follow from it would be frozen too.
 */
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs';
import {
  type Binding,
  DT,
  type Engine,
  libraryType,
  type NativeBackend,
  type OperationAttribute,
  type TensorMetadata,
} from '../engine/index.js';

/** Where a value comes from: a position among the recording's inputs, state variables, constants or operations. */
export type Source =
  | { readonly kind: 'input' | 'state' | 'constant'; readonly index: number }
  | { readonly kind: 'operation'; readonly index: number; readonly output: number };

export interface TensorType {
  /** TensorFlow's number of the type. */
  readonly dtype: number;
  readonly shape: readonly number[];
}

interface InputType extends TensorType {
  readonly name: string;
}

export interface Constant extends TensorType {
  /** The constant's bytes, little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface RecordedOperation {
  readonly name: string;
  readonly attributes: readonly OperationAttribute[];
  readonly inputs: readonly Source[];
  readonly outputs: readonly TensorType[];
}

export interface Recording {
  readonly inputs: readonly InputType[];
  readonly operations: readonly RecordedOperation[];
  readonly constants: readonly Constant[];
  readonly output: TensorType & { readonly source: Source };
  /** The source of each state variable's value after the call. */
  readonly state: readonly Source[];
}

/** A recording, or the first reason why there is none; and the call's results, its output first, then the state. */
export interface RecordedCall {
  readonly recording: Recording | { readonly reason: string };
  readonly results: readonly Uint8Array[];
}

/** Their memory is their wire format. */
const PLAIN_TYPES: ReadonlySet<number> = new Set([DT.float32, DT.int32, DT.int64, DT.bool]);

/**
 * Calls `fn` once and records it. When it returns, state variables have their former values again.
 *
 * @param inputs - borrowed.
 * @throws what `fn` throws.
 */
export function record(
  { tf }: Engine,
  backend: NativeBackend,
  fn: (inputs: NamedTensorMap) => Tensor,
  inputs: NamedTensorMap,
  state: readonly Variable[],
): RecordedCall {
  const before = state.map((variable) => variable.clone());
  try {
    const recorder = new Recorder(backend, inputs, state);
    let call: RecordedCall | undefined;
    recorder.during(() => {
      tf.tidy(() => {
        // This is a clone, in case the output is one of the inputs or variables. It shares their memory.
        call = recorder.finish(tf.clone(fn(inputs)), state);
      });
    });
    return call as unknown as RecordedCall;
  } finally {
    for (const [index, variable] of state.entries()) variable.assign(before[index] as Tensor);
    tf.dispose(before);
  }
}

/** The tensor's memory, copied. */
export function tensorBytes(values: unknown): Uint8Array {
  if (!ArrayBuffer.isView(values)) throw new Error('a tensor of numbers was expected');
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}

class Recorder {
  readonly #backend: NativeBackend;
  readonly #binding: Binding;
  readonly #inputs: readonly InputType[];
  readonly #sources = new Map<number, Source>();
  readonly #operations: RecordedOperation[] = [];
  readonly #constants: Constant[] = [];
  #reason: string | undefined;

  constructor(backend: NativeBackend, inputs: NamedTensorMap, state: readonly Tensor[]) {
    this.#backend = backend;
    this.#binding = backend.binding;
    // The tensors are handed to the library now, so that reading them passes the binding.
    const inputIds = backend.getInputTensorIds(Object.values(inputs));
    for (const [index, id] of inputIds.entries()) this.#setFirst(id, 'input', index);
    const stateIds = backend.getInputTensorIds(state);
    for (const [index, id] of stateIds.entries()) this.#setFirst(id, 'state', index);
    this.#inputs = Object.entries(inputs).map(([name, tensor]) => ({
      name,
      dtype: libraryType(backend, tensor),
      shape: [...tensor.shape],
    }));
  }

  /** Runs `call`, and watches the calls to the backend. */
  during<T>(call: () => T): T {
    const backend = this.#backend;
    const property = (value: unknown) => ({ value, enumerable: true });
    backend.binding = Object.create(this.#binding, {
      executeOp: property(this.#executeOp),
      createTensor: property(this.#createTensor),
      tensorDataSync: property(this.#tensorDataSync),
      runSavedModel: property(this.#runSavedModel),
    });
    const getInputTensorIds = backend.getInputTensorIds.bind(backend);
    backend.getInputTensorIds = (tensors) => {
      const ids = getInputTensorIds(tensors);
      for (const [index, id] of ids.entries()) this.#note(id, tensors[index] as Tensor);
      return ids;
    };
    try {
      return call();
    } finally {
      backend.binding = this.#binding;
      // Without this property of its own, the backend has the class's method again.
      Reflect.deleteProperty(backend, 'getInputTensorIds');
    }
  }

  /** Ends the recording: from here on reading is allowed. */
  finish(output: Tensor, state: readonly Tensor[]): RecordedCall {
    const [outputSource, ...stateSources] = this.#backend
      .getInputTensorIds([output, ...state])
      .map((id) => this.#source(id));
    const reason = this.#reason;
    this.#backend.binding = this.#binding;
    const results = [output, ...state].map((tensor) => tensorBytes(tensor.dataSync()));
    if (reason !== undefined) return { recording: { reason }, results };
    return {
      recording: {
        inputs: this.#inputs,
        operations: this.#operations,
        constants: this.#constants,
        output: {
          source: outputSource as Source,
          dtype: this.#backend.getDTypeInteger(output.dtype),
          shape: output.shape,
        },
        state: stateSources,
      },
      results,
    };
  }

  readonly #executeOp: Binding['executeOp'] = (name, attributes, inputIds, outputCount) => {
    const inputs = inputIds.map((id) => this.#source(id));
    const outputs = this.#binding.executeOp(name, attributes, inputIds, outputCount);
    const index = this.#operations.length;
    this.#operations.push({
      name,
      attributes: [...attributes],
      inputs,
      outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape })),
    });
    for (const [output, metadata] of outputs.entries()) {
      this.#sources.set(metadata.id, { kind: 'operation', index, output });
      if (!PLAIN_TYPES.has(metadata.dtype)) this.#refuse(`${name} gives a tensor of no plain type`);
    }
    if (outputs.length === 0)
      this.#refuse(`${name} gives nothing, so it acts on something outside`);
    return outputs;
  };

  readonly #createTensor: Binding['createTensor'] = (shape, dtype, values) => {
    const id = this.#binding.createTensor(shape, dtype, values);
    this.#addConstant(id, { dtype, shape: [...shape] }, values);
    return id;
  };

  readonly #tensorDataSync: Binding['tensorDataSync'] = (id) => {
    const source = this.#sources.get(id);
    if (source !== undefined && source.kind !== 'constant') {
      this.#refuse('it reads values back (dataSync or the like)');
    }
    return this.#binding.tensorDataSync(id);
  };

  readonly #runSavedModel = (...args: unknown[]): TensorMetadata[] => {
    this.#refuse('it runs a saved model');
    return this.#binding.runSavedModel(...args);
  };

  /**
   * Notes an input or state variable. If two are one tensor, the first counts and the call is refused: the second could
   * never change.
   */
  #setFirst(id: number, kind: 'input' | 'state', index: number): void {
    if (this.#sources.has(id)) this.#refuse('two of its inputs or state variables are one tensor');
    else this.#sources.set(id, { kind, index });
  }

  /** A tensor from before the recording that is no input and no state is a constant. */
  #note(id: number, tensor: Tensor): void {
    if (this.#sources.has(id)) return;
    const type = { dtype: libraryType(this.#backend, tensor), shape: [...tensor.shape] };
    this.#addConstant(id, type, this.#binding.tensorDataSync(id));
  }

  #addConstant(id: number, type: TensorType, values: unknown): void {
    const plain = PLAIN_TYPES.has(type.dtype) && ArrayBuffer.isView(values);
    if (!plain) this.#refuse('it has a constant of no plain type');
    const bytes = plain ? tensorBytes(values) : new Uint8Array();
    const index = this.#constants.push({ ...type, bytes }) - 1;
    this.#sources.set(id, { kind: 'constant', index });
  }

  #source(id: number): Source {
    const source = this.#sources.get(id);
    if (source !== undefined) return source;
    this.#refuse('a tensor came from somewhere outside of the backend');
    return { kind: 'constant', index: -1 };
  }

  #refuse(reason: string): void {
    this.#reason ??= reason;
  }
}
