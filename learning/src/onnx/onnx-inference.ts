/**
 * Runs a classifier in ONNX at one fixed batch shape, filled up with zeros, and returns logits.
 *
 * One shape, one fixed number of threads and operations one after another: the same rows at the same places give the
 * same bits. A file that fixes its batch is run as many times as that takes.
 *
 * Symbols: R `rows`, C classes.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { decodeFloat16, encodeFloat16 } from '../codecs/float16.js';
import {
  classifierOf,
  type OnnxClassifier,
  type OnnxElementType,
  type OnnxPackage,
} from '../data/index.js';

type Runtime = typeof import('onnxruntime-node');

/** Below this a float32 loses precision; its logarithm is −87.3. As for models of TensorFlow. */
const LEAST_PROBABILITY = 1.1754943508222875e-38;

export interface OnnxInferenceOptions {
  /** R, unless the file fixes another number. */
  readonly rows: number;
  /** Of the runtime; bits depend on it. */
  readonly threads: number;
  /** Of one sample in the model's own layout, where the file leaves it open. */
  readonly sampleShape: readonly number[];
}

export class OnnxInference {
  readonly rows: number;
  readonly classCount: number;
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #classifier: OnnxClassifier;
  readonly #probabilities: boolean;
  readonly #shape: readonly number[];

  private constructor(
    runtime: Runtime,
    session: InferenceSession,
    classifier: OnnxClassifier,
    probabilities: boolean,
    shape: readonly number[],
    classCount: number,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#classifier = classifier;
    this.#probabilities = probabilities;
    this.#shape = shape;
    this.rows = shape[0] as number;
    this.classCount = classCount;
  }

  /**
   * Loads the model and runs it once, on zeros.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the runtime refuses it, or samples of that shape do not fit.
   */
  static async open(
    model: OnnxPackage,
    { rows, threads, sampleShape }: OnnxInferenceOptions,
  ): Promise<OnnxInference> {
    const classifier = classifierOf(model);
    const shape = [
      classifier.fixedRows ?? rows,
      ...concreteShape(classifier.input.shape, sampleShape),
    ];
    // Here and not above: a program without ONNX models never loads the runtime.
    const runtime = await import('onnxruntime-node');
    let session: InferenceSession | undefined;
    try {
      session = await runtime.InferenceSession.create(model.file, {
        executionProviders: ['cpu'],
        executionMode: 'sequential',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        // Waiting threads would take the cores from whoever computes beside this.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
        // What fails is thrown; printed it would be said twice.
        logSeverityLevel: 4,
      });
      const probabilities = model.settings.output === 'probabilities';
      const trial = new OnnxInference(runtime, session, classifier, probabilities, shape, 0);
      const { dims } = await trial.#run(new Float32Array(elementCount(shape)));
      const classCount = dims[1];
      if (dims.length !== 2 || dims[0] !== shape[0] || classCount === undefined || classCount < 1) {
        const message = `its output ${classifier.output.name} has shape [${dims}] for ${shape[0]} samples; want [${shape[0]}, classes]`;
        throw new LyceumError('INVALID_ARGUMENT', message);
      }
      return new OnnxInference(runtime, session, classifier, probabilities, shape, classCount);
    } catch (err) {
      await session?.release();
      if (err instanceof LyceumError) throw err;
      const message = `the ONNX runtime refuses the model: ${toLyceumError(err).message}`;
      throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
    }
  }

  /**
   * @param inputs - [rowCount, …one sample], as the model takes them.
   * @returns [rowCount, C]; of a model that gives probabilities, their logarithms.
   */
  async run(inputs: Float32Array, rowCount: number): Promise<Float32Array<ArrayBuffer>> {
    const size = elementCount(this.#shape.slice(1));
    const logits = new Float32Array(rowCount * this.classCount);
    for (let first = 0; first < rowCount; first += this.rows) {
      const count = Math.min(this.rows, rowCount - first);
      const padded = new Float32Array(this.rows * size);
      padded.set(inputs.subarray(first * size, (first + count) * size));
      const { values } = await this.#run(padded);
      logits.set(values.subarray(0, count * this.classCount), first * this.classCount);
    }
    if (this.#probabilities) {
      for (let i = 0; i < logits.length; i++) {
        logits[i] = Math.log(Math.max(logits[i] as number, LEAST_PROBABILITY));
      }
    }
    return logits;
  }

  /** Frees the model. */
  async close(): Promise<void> {
    await this.#session.release();
  }

  /** One call of the runtime, [R, …]. */
  async #run(
    padded: Float32Array,
  ): Promise<{ readonly values: Float32Array; readonly dims: readonly number[] }> {
    const { input, output } = this.#classifier;
    const tensor = inputTensor(this.#runtime, input.elementType, padded, this.#shape);
    const results = await this.#session.run({ [input.name]: tensor }, [output.name]);
    const result = results[output.name] as Tensor;
    return { values: asFloat32(result), dims: result.dims };
  }
}

/** The sizes that the file fixes, and the sample's own where it leaves them open. */
function concreteShape(
  declared: readonly (number | undefined)[] | undefined,
  sampleShape: readonly number[],
): readonly number[] {
  const own = declared?.slice(1);
  if (own === undefined) return sampleShape;
  const known = own.filter((size) => size !== undefined);
  if (known.length === own.length && elementCount(known) === elementCount(sampleShape))
    return known;
  if (
    own.length === sampleShape.length &&
    own.every((size, axis) => size === undefined || size === sampleShape[axis])
  ) {
    return sampleShape;
  }
  const message = `the model takes samples of shape [${own.map((size) => size ?? 'any')}]; it is given [${sampleShape}]`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

function inputTensor(
  { Tensor }: Runtime,
  type: OnnxElementType,
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
    default:
      return new Tensor('float32', values, shape);
  }
}

/** Half floats come as their bits, or, from Node 24 on, as an array type of their own. */
function asFloat32({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16' && data instanceof Uint16Array) {
    return Float32Array.from(data, decodeFloat16);
  }
  return Float32Array.from(data as ArrayLike<number>);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
