/**
 * Runs a classifier on samples at one fixed batch shape, filled up with zeros, and returns logits, and the features of
 * layers where they are asked for.
 *
 * One shape, because a row's bits may depend on the shape of its batch: answers are asked for by row positions
 * on a fixed grid, so that asking again gives the same bits.
 *
 * Symbols: R `rows`, C classes.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import type { LayersModel, NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs';
import { LEAST_PROBABILITY } from '../arrays/index.js';
import { type ModelSettings, sampleShapeError } from '../models/index.js';
import { type FedValues, fedTensor, realValues } from './byte-tensors.js';
import type { Engine } from './engine/index.js';
import { type ForwardPass, forwardPass } from './layer-outputs.js';
import { TracedStep, traceStep } from './traced/index.js';

/** Name of the graph's one call. */
const FORWARD = 'forward';

export interface InferenceResult {
  /** Logits, [rowCount, C]; logarithms if the model gives probabilities. */
  readonly logits: Float32Array<ArrayBuffer>;
  /** Features, one array a layer, [rowCount, …its shape]. */
  readonly features: readonly Float32Array<ArrayBuffer>[];
}

export class Inference {
  readonly classCount: number;
  readonly rows: number;
  /** Shapes of one sample's features, one a layer. */
  readonly featureShapes: readonly (readonly number[])[];
  readonly #engine: Engine;
  readonly #model: LayersModel;
  readonly #settings: ModelSettings;
  readonly #sampleSize: number;
  readonly #shape: number[];
  /** Space for a full batch, of the kind that was fed last. */
  #padded: FedValues = new Float32Array(0);
  readonly #forward: ForwardPass;
  #graph: TracedStep | undefined;
  #graphTakesBytes = false;

  /**
   * @param model - borrowed. Until there is a graph, every {@link run} uses the weights that the model then has.
   * @param rows - R, the greatest number of samples a run.
   * @param layers - layers whose features {@link InferenceResult} has.
   * @throws {LyceumError} INVALID_ARGUMENT if samples of that shape do not fit the model, or it has no such layer.
   */
  constructor(
    engine: Engine,
    model: LayersModel,
    settings: ModelSettings,
    sampleShape: readonly number[],
    rows: number,
    layers: readonly string[] = [],
  ) {
    const inputShape = modelSampleShape(model);
    if (!fitsInput(inputShape, sampleShape)) {
      throw sampleShapeError(inputShape, sampleShape);
    }
    this.#engine = engine;
    this.#model = model;
    this.#settings = settings;
    this.#sampleSize = elementCount(sampleShape);
    this.#shape = [rows, ...concreteShape(inputShape, sampleShape)];
    this.#forward = forwardPass(engine, model, layers);
    this.featureShapes = this.#forward.featureShapes;
    this.rows = rows;
    this.classCount = model.outputs[0]?.shape[1] ?? 0;
  }

  /**
   * Has inferences run as one graph from here on, if that gives the same bits on this example. The graph has a copy
   * of the model's weights; {@link weightsChanged} renews it.
   *
   * @param inputs - as {@link run} takes them; best a full batch of real samples. The graph takes their kind alone.
   * @returns why inferences go on operation by operation instead; undefined: they run as a graph.
   * @throws {LyceumError} as {@link run} does.
   */
  trace(inputs: FedValues, rowCount: number): string | undefined {
    this.dispose();
    return this.#engine.tf.tidy(() => {
      const calls = {
        [FORWARD]: {
          fn: ({ samples }: NamedTensorMap) => this.#outputs(samples as Tensor),
          inputs: { samples: this.#filledUp(inputs, rowCount) },
        },
      };
      const traced = traceStep(this.#engine, calls, this.#weights());
      if (!(traced instanceof TracedStep)) return traced.reason;
      this.#graph = traced;
      this.#graphTakesBytes = inputs instanceof Uint8Array;
      return undefined;
    });
  }

  /** Tells that the model's weights have changed since they were traced, or since the last call. */
  weightsChanged(): void {
    this.#graph?.writeState(this.#weights());
  }

  /**
   * @param inputs - [rowCount, ...sampleShape], real values or 255 times them in bytes; numbers beyond are ignored.
   * @returns {@link InferenceResult.logits}.
   * @throws {LyceumError} INVALID_ARGUMENT if `rowCount` is not in 1..R or the inputs are too short.
   */
  run(inputs: FedValues, rowCount: number): Float32Array<ArrayBuffer> {
    return this.runAll(inputs, rowCount).logits;
  }

  /** As {@link run}, with the features of the layers. */
  runAll(inputs: FedValues, rowCount: number): InferenceResult {
    // The tensor is passed, not its values: tfjs would look for tensors in them, one by one.
    const outputs = this.#engine.tf.tidy(() => {
      const samples = this.#filledUp(inputs, rowCount);
      const isTraced = this.#graphTakesBytes === inputs instanceof Uint8Array;
      const graph = isTraced ? this.#graph : undefined;
      return graph?.run(FORWARD, { samples }) ?? this.#outputs(samples);
    });
    const values = outputs.dataSync() as Float32Array;
    outputs.dispose();
    const widths = [this.classCount, ...this.featureShapes.map(elementCount)];
    let start = 0;
    const parts = widths.map((width) => {
      const part = values.slice(start, start + rowCount * width);
      start += this.rows * width;
      return part;
    });
    const [logits, ...features] = parts;
    return { logits: logits as Float32Array<ArrayBuffer>, features };
  }

  /** Frees the graph. Later inferences run operation by operation. */
  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }

  #filledUp(inputs: FedValues, rowCount: number): Tensor {
    const used = rowCount * this.#sampleSize;
    if (!(rowCount >= 1 && rowCount <= this.rows && used <= inputs.length)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `want 1 to ${this.rows} rows of ${this.#sampleSize} values, got ${rowCount} rows in ${inputs.length} values`,
      );
    }
    const padded = this.#roomFor(inputs);
    padded.set(inputs.subarray(0, used));
    padded.fill(0, used);
    return fedTensor(this.#engine, padded, this.#shape);
  }

  #roomFor(inputs: FedValues): FedValues {
    const Kind = inputs instanceof Uint8Array ? Uint8Array : Float32Array;
    if (!(this.#padded instanceof Kind) || this.#padded.length === 0) {
      this.#padded = new Kind(this.rows * this.#sampleSize);
    }
    return this.#padded;
  }

  /** The logits of all rows, then each layer's features: one tensor, since a graph has one output. */
  #outputs(samples: Tensor): Tensor {
    const { tf } = this.#engine;
    const x = scaled(realValues(this.#engine, samples), this.#settings);
    const { output, features } = this.#forward.apply(x, { training: false });
    const isLogits = this.#settings.output === 'logits';
    const logits = isLogits ? output : tf.log(tf.maximum(output, LEAST_PROBABILITY));
    if (features.length === 0) return logits;
    return tf.concat1d([logits, ...features].map((tensor) => tf.reshape(tensor, [tensor.size])));
  }

  #weights(): Variable[] {
    return this.#model.weights.map((weight) => weight.read() as Variable);
  }
}

/** The model's input for real values x: `scale · x`. */
export function scaled(x: Tensor, { scale = 1 }: ModelSettings): Tensor {
  return scale === 1 ? x : x.mul(scale);
}

/** Shape of one sample as the model takes it; null where any size will do. */
export function modelSampleShape(model: LayersModel): (number | null)[] {
  return model.inputs[0]?.shape.slice(1) ?? [];
}

/** Whether samples fit the model as they are, or after a reshape that keeps their order. */
export function fitsInput(
  modelInputShape: readonly (number | null)[],
  sampleShape: readonly number[],
): boolean {
  const equal =
    modelInputShape.length === sampleShape.length &&
    modelInputShape.every((n, i) => n === null || n === sampleShape[i]);
  const known = modelInputShape.filter((n) => n !== null);
  return (
    equal ||
    (known.length === modelInputShape.length && elementCount(known) === elementCount(sampleShape))
  );
}

/** The input shape for samples of a model that they fit. */
export function concreteShape(
  modelInputShape: readonly (number | null)[],
  sampleShape: readonly number[],
): number[] {
  const known = modelInputShape.filter((n) => n !== null);
  return known.length === modelInputShape.length ? known : [...sampleShape];
}
