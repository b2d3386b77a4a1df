/**
 * A teacher that is a tfjs LayersModel on TensorFlow. It gives `logits`, of them the `class` alone,
 * and the features of its layers.
 *
 * Every inference has one fixed shape, [INFERENCE_ROWS, …]; rows beyond the answer's are zero. It runs as one graph
 * where that gives the bits of the first batch, which is computed both ways.
 */
import {
  describeModel,
  type ModelPackage,
  type ModelSettings,
  readInputs,
  seenShape,
} from '@lyceum/learning/data';
import { argmaxRows } from '@lyceum/learning/ensemble';
import { type Engine, Inference, loadModel } from '@lyceum/learning/tensorflow';
import { CLASS_OUTPUT, LyceumError, layerOutput, outputLayer } from '@lyceum/proto';
import { INFERENCE_ROWS, inferenceRanges } from './inference-ranges.js';
import { requireDistributions } from './probability-rows.js';
import type {
  AnswerRequest,
  AnswerTensor,
  TeacherDescription,
  TeacherEngine,
} from './teacher-engine.js';

const LATENCY_WARM_UPS = 3;
const LATENCY_SAMPLES = 15;

type Model = Awaited<ReturnType<typeof loadModel>>;

export class TensorflowTeacher implements TeacherEngine {
  readonly #engine: Engine;
  readonly #model: Model;
  readonly #settings: ModelSettings;
  readonly #description: TeacherDescription;
  /** Undefined: the model leaves it open. */
  readonly #inputShape: readonly number[] | undefined;
  readonly #untraced: (reason: string) => void;
  /** By the shape seen, in which sets may differ where the model takes both, and by layers. */
  readonly #inferences = new Map<string, Inference>();

  private constructor(
    engine: Engine,
    model: Model,
    settings: ModelSettings,
    description: TeacherDescription,
    inputShape: readonly number[] | undefined,
    untraced: (reason: string) => void,
  ) {
    this.#engine = engine;
    this.#model = model;
    this.#settings = settings;
    this.#description = description;
    this.#inputShape = inputShape;
    this.#untraced = untraced;
  }

  /**
   * @param sampleShape - shape of the samples it will be asked about; undefined: what the model declares.
   * @param untraced - told why inferences run operation by operation, if they do.
   * @throws {LyceumError} INVALID_ARGUMENT if the model does not load or the samples do not fit it.
   */
  static async open(
    engine: Engine,
    modelPackage: ModelPackage,
    settings: ModelSettings,
    sampleShape: readonly number[] | undefined,
    untraced: (reason: string) => void,
  ): Promise<TensorflowTeacher> {
    const { parameterCount, weightBytes, inputShape } = describeModel(modelPackage);
    const shape = sampleShape === undefined ? inputShape : seenShape(inputShape, sampleShape);
    if (shape === undefined) {
      throw new LyceumError(
        'FAILED_PRECONDITION',
        'the model leaves its input shape open, and no data set is named that would tell it',
      );
    }
    const model = await loadModel(engine, modelPackage);
    try {
      const single = new Inference(engine, model, settings, shape, 1);
      const { classCount } = single;
      const latencyBatch1Ms = medianLatencyMs(single, shape);
      const description = { classCount, parameterCount, weightBytes, latencyBatch1Ms };
      return new TensorflowTeacher(engine, model, settings, description, inputShape, untraced);
    } catch (err) {
      model.dispose();
      throw err;
    }
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const layers = outputs
      .filter((name) => name !== 'logits' && name !== CLASS_OUTPUT)
      .map(layerOf);
    const shape = seenShape(this.#inputShape, dataset.sampleShape);
    const sampleSize = elementCount(shape);
    const inputs = new Float32Array(INFERENCE_ROWS * sampleSize);
    let tensors: AnswerTensor[] | undefined;
    for (const { firstRow, rowCount } of inferenceRanges(samples.length, INFERENCE_ROWS)) {
      const part = samples.subarray(firstRow, firstRow + rowCount);
      const filled = inputs.subarray(0, rowCount * sampleSize);
      readInputs(dataset, part, view, filled, shape);
      const inference = this.#inferenceFor(shape, layers, filled, rowCount);
      tensors ??= emptyTensors(inference, layers, samples.length);
      const { logits, features } = inference.runAll(filled, rowCount);
      for (const [index, part] of [logits, ...features].entries()) {
        const { values, width } = tensors[index] as AnswerTensor;
        values.set(part, firstRow * width);
      }
    }
    const [logits] = tensors as [AnswerTensor];
    if (this.#settings.output === 'probabilities') requireDistributions(logits);
    return outputs.map((name) =>
      name === CLASS_OUTPUT
        ? finalAnswers(logits)
        : (tensors?.find((tensor) => tensor.name === name) as AnswerTensor),
    );
  }

  close(): void {
    for (const inference of this.#inferences.values()) inference.dispose();
    this.#inferences.clear();
    this.#model.dispose();
  }

  /** The first batch of a shape is the one that its graph is checked on. */
  #inferenceFor(
    sampleShape: readonly number[],
    layers: readonly string[],
    inputs: Float32Array,
    rowCount: number,
  ): Inference {
    const key = JSON.stringify([sampleShape, layers]);
    let inference = this.#inferences.get(key);
    if (inference === undefined) {
      const { classCount } = this.#description;
      inference = new Inference(
        this.#engine,
        this.#model,
        this.#settings,
        sampleShape,
        INFERENCE_ROWS,
        layers,
      );
      if (inference.classCount !== classCount) {
        throw new LyceumError('INTERNAL', `${inference.classCount} classes, was ${classCount}`);
      }
      const reason = inference.trace(inputs, rowCount);
      if (reason !== undefined) this.#untraced(reason);
      this.#inferences.set(key, inference);
    }
    return inference;
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT for an output that is no layer's. */
function layerOf(output: string): string {
  const layer = outputLayer(output);
  if (layer !== undefined) return layer;
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `this teacher gives logits, ${CLASS_OUTPUT} and the features of its layers, not ${output}`,
  );
}

/** Logits, then the layers' features, for so many rows. */
function emptyTensors(
  { classCount, featureShapes }: Inference,
  layers: readonly string[],
  rowCount: number,
): AnswerTensor[] {
  const features = layers.map((layer, index) => ({
    name: layerOutput(layer),
    width: elementCount(featureShapes[index] ?? []),
  }));
  return [{ name: 'logits', width: classCount }, ...features].map(({ name, width }) => ({
    name,
    width,
    values: new Float32Array(rowCount * width),
  }));
}

/** The most probable class of each row, of equal ones the first. */
function finalAnswers({ values, width }: AnswerTensor): AnswerTensor {
  const classes = argmaxRows(values, values.length / width, width);
  return { name: CLASS_OUTPUT, width: 1, values: Float32Array.from(classes) };
}

/** Of one sample, [1, …sampleShape], once it is warm. */
function medianLatencyMs(inference: Inference, sampleShape: readonly number[]): number {
  const input = new Float32Array(elementCount(sampleShape));
  for (let i = 0; i < LATENCY_WARM_UPS; i++) inference.run(input, 1);
  const times = Array.from({ length: LATENCY_SAMPLES }, () => {
    const start = performance.now();
    inference.run(input, 1);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
