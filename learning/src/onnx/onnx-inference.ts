/**
 * Runs a classifier in ONNX, operations one after another and with one fixed number of threads, so that bits stay. On a
 * GPU they may not: the provider chooses convolutions by the time they take, and the binding cannot tell it otherwise.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { decodeFloat16, encodeFloat16 } from '../codecs/index.js';
import {
  type ElementType,
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
} from '../formats/graphs/index.js';
import { classifierOf, type OnnxPackage } from '../formats/onnx/index.js';
import { cudaProviderError, missingCudaProvider } from './cuda-provider.js';

type Runtime = typeof import('onnxruntime-node');

export interface OnnxInferenceOptions extends GraphInferenceOptions {
  /** Of the runtime; bits depend on it. */
  readonly threads: number;
  /** Default: the processor. `cuda` is the first GPU that the process sees, and nothing else instead. */
  readonly device?: OnnxDevice;
}

export type OnnxDevice = 'cpu' | 'cuda';

/** What a session is opened with. The binding passes a device's number on and no other setting of a provider. */
export function sessionOptions(
  threads: number,
  device: OnnxDevice,
): InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [{ name: 'cuda', deviceId: 0 }],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Waiting threads would take the cores from whoever computes beside this.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    // What fails is thrown; printed it would be said twice.
    logSeverityLevel: 4,
  };
}

export class OnnxInference extends GraphInference {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;

  private constructor(
    runtime: Runtime,
    session: InferenceSession,
    model: OnnxPackage,
    options: OnnxInferenceOptions,
  ) {
    super(classifierOf(model), model.settings, options);
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * Loads the model and runs it once, on zeros.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the runtime refuses it, or samples of that shape do not fit;
   *   FAILED_PRECONDITION if the runtime cannot use the GPU, RESOURCE_EXHAUSTED if that has too little memory.
   */
  static async open(model: OnnxPackage, options: OnnxInferenceOptions): Promise<OnnxInference> {
    const { threads, device = 'cpu' } = options;
    const missing = device === 'cuda' ? missingCudaProvider() : undefined;
    if (missing !== undefined) throw new LyceumError('FAILED_PRECONDITION', missing);
    // Here and not above: a program without ONNX models never loads the runtime.
    const runtime = await import('onnxruntime-node');
    let session: InferenceSession | undefined;
    try {
      session = await runtime.InferenceSession.create(model.file, sessionOptions(threads, device));
      const inference = new OnnxInference(runtime, session, model, options);
      await inference.warmUp();
      return inference;
    } catch (err) {
      await session?.release();
      if (err instanceof LyceumError) throw err;
      const said = toLyceumError(err).message;
      const gpu = device === 'cuda' ? cudaProviderError(said) : undefined;
      if (gpu !== undefined) throw gpu;
      const message = `the ONNX runtime refuses the model: ${runtimeWords(said)}`;
      throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
    }
  }

  override async close(): Promise<void> {
    await this.#session.release();
  }

  protected override async call(padded: Float32Array<ArrayBuffer>): Promise<GraphOutput> {
    const { input, output } = this.classifier;
    const tensor = inputTensor(this.#runtime, input.elementType, padded, this.shape);
    const results = await this.#session.run({ [input.name]: tensor }, [output.name]);
    const result = results[output.name] as Tensor;
    return { values: asFloat32(result), dims: result.dims };
  }
}

/** What the runtime says, without places in its own source; with what helps where it has an operation for other numbers alone. */
export function runtimeWords(said: string): string {
  const plain = said.replace(/\/onnxruntime_src\/\S+:\d+ .*?\) (?=\S)/gs, '').trim();
  return /Could not find an implementation/.test(plain)
    ? `${plain}; it has that operation for other types of numbers: export the model in float32`
    : plain;
}

function inputTensor(
  { Tensor }: Runtime,
  type: ElementType,
  values: Float32Array,
  shape: readonly number[],
): Tensor {
  switch (type) {
    case 'float16':
      return new Tensor('float16', Uint16Array.from(values, encodeFloat16), shape);
    case 'float64':
      return new Tensor('float64', Float64Array.from(values), shape);
    case 'uint8':
      return new Tensor('uint8', Uint8Array.from(Uint8ClampedArray.from(values)), shape);
    case 'int32':
      return new Tensor('int32', Int32Array.from(values, Math.round), shape);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(values, wholeNumber), shape);
    default:
      return new Tensor('float32', values, shape);
  }
}

function wholeNumber(value: number): bigint {
  return BigInt(Math.round(value));
}

/** Half floats come as their bits, or, from Node 24 on, as an array type of their own. */
function asFloat32({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16' && data instanceof Uint16Array) {
    return Float32Array.from(data, decodeFloat16);
  }
  return Float32Array.from(data as ArrayLike<number>);
}
