/**
 * Runs a classifier in ONNX, operations one after another and with one fixed number of threads, so that bits stay. On a
 * GPU they may not: the provider chooses convolutions by the time they take, and the binding cannot tell it otherwise.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeFloat16 } from '../codecs/index.js';
import {
  type ElementType,
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
} from '../formats/graphs/index.js';
import { classifierOf, type OnnxPackage } from '../formats/onnx/index.js';
import { asFloat32 } from './float-tensor.js';
import { type OnnxPlace, openSession, type Runtime } from './onnx-session.js';

export interface OnnxInferenceOptions extends GraphInferenceOptions, OnnxPlace {}

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
   * @throws {LyceumError} as {@link openSession}; INVALID_ARGUMENT if samples of that shape do not fit.
   */
  static async open(model: OnnxPackage, options: OnnxInferenceOptions): Promise<OnnxInference> {
    return openSession(model.file, options, async (runtime, session) => {
      const inference = new OnnxInference(runtime, session, model, options);
      await inference.warmUp();
      return inference;
    });
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

function inputTensor(
  { Tensor }: Runtime,
  type: ElementType,
  values: Float32Array,
  shape: readonly number[],
): Tensor {
  switch (type) {
    case 'float16':
      return halfTensor(Tensor, Uint16Array.from(values, encodeFloat16), shape);
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

/**
 * From Node 24 on the library makes its data a Float16Array, which its native half takes for an empty one.
 *
 * @param bits - as `encodeFloat16` gives them.
 */
function halfTensor(
  Tensor: Runtime['Tensor'],
  bits: Uint16Array,
  shape: readonly number[],
): Tensor {
  const tensor = new Tensor('float16', bits, shape);
  Object.defineProperty(tensor, 'data', { value: bits });
  return tensor;
}

function wholeNumber(value: number): bigint {
  return BigInt(Math.round(value));
}
