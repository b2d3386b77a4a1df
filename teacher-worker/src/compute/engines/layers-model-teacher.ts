/**
 * A teacher that is a tfjs LayersModel on TensorFlow. It gives `logits`, or from these the `class` alone, and the
 * features of its layers.
 *
 * Every inference has one fixed shape, [INFERENCE_ROWS, …]; rows beyond the answer's are zero. The first batch is
 * computed as one graph and operation by operation: the graph is used if both give the same bits.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import { describeModel, type ModelPackage } from '@lyceum/learning/formats';
import {
  classOrder,
  inClassOrder,
  knownClassesOf,
  ModelInputs,
  type ModelSettings,
} from '@lyceum/learning/models';
import {
  type Engine,
  EXPORT_OTHERWISE,
  type FedValues,
  gpuProblem,
  Inference,
  loadModel,
  modelFailure,
} from '@lyceum/learning/tensorflow';
import { CLASS_OUTPUT, elementCount, LyceumError, layerOutput, outputLayer } from '@lyceum/proto';
import {
  type AnswerRequest,
  type AnswerTensor,
  medianLatencyMs,
  type TeacherDescription,
  type TeacherEngine,
} from '../engine/index.js';
import {
  finalAnswers,
  INFERENCE_ROWS,
  inferenceRanges,
  requireDistributions,
} from '../rows/index.js';
import type { LocalOpener } from './local-opener.js';

type Model = Awaited<ReturnType<typeof loadModel>>;

export const layersModel: LocalOpener<'layers-model'> = {
  format: 'layers-model',
  gpuProblem: ({ engine }, gpu) => gpuProblem(engine, gpu),
  open: (model, { settings, dataset, untraced }, { engine }) =>
    LayersModelTeacher.open(engine, model, settings, dataset, untraced),
};

export class LayersModelTeacher implements TeacherEngine {
  readonly #engine: Engine;
  readonly #model: Model;
  readonly #settings: ModelSettings;
  readonly #description: TeacherDescription;
  /** The model's input shape; undefined: the model leaves it open. */
  readonly #inputShape: readonly number[] | undefined;
  readonly #untraced: (reason: string) => void;
  /**
   * Inferences by the shape seen (sets may differ in it if the model takes both), by layers, and by the
   * kind of values.
   */
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
   * @param dataset - a set that the teacher will be asked about.
   * @param untraced - called with the reason if inferences run operation by operation.
   * @throws {LyceumError} INVALID_ARGUMENT if the model does not load or the samples do not fit it.
   */
  static async open(
    engine: Engine,
    modelPackage: ModelPackage,
    settings: ModelSettings,
    dataset: Dataset,
    untraced: (reason: string) => void,
  ): Promise<LayersModelTeacher> {
    const { parameterCount, weightBytes, inputShape } = describeModel(modelPackage);
    const { size, modelShape } = new ModelInputs(dataset, settings, inputShape);
    const model = await loadModel(engine, modelPackage);
    try {
      // Only the output's setting is passed on: `ModelInputs` applies the settings of inputs.
      const single = new Inference(engine, model, { output: settings.output }, modelShape, 1);
      const { classCount } = single;
      const sample = new Float32Array(size);
      const latencyBatch1Ms = await medianLatencyMs(() => single.run(sample, 1));
      const description = {
        classCount,
        parameterCount,
        weightBytes,
        latencyBatch1Ms,
        ...(inputShape !== undefined && { inputShape }),
      };
      return new LayersModelTeacher(engine, model, settings, description, inputShape, untraced);
    } catch (err) {
      model.dispose();
      throw modelFailure(err, 'TensorFlow.js cannot run the model', EXPORT_OTHERWISE);
    }
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const layers = outputs
      .filter((name) => name !== 'logits' && name !== CLASS_OUTPUT)
      .map(layerOf);
    const reader = new ModelInputs(dataset, this.#settings, this.#inputShape);
    const order = classOrder(this.#settings, dataset);
    const length = INFERENCE_ROWS * reader.size;
    const inputs = reader.readsBytes(view) ? new Uint8Array(length) : new Float32Array(length);
    let tensors: AnswerTensor[] | undefined;
    for (const { firstRow, rowCount } of inferenceRanges(samples.length)) {
      const filled = inputs.subarray(0, rowCount * reader.size);
      reader.read(samples.subarray(firstRow, firstRow + rowCount), view, filled);
      const inference = this.#inferenceFor(reader.modelShape, layers, filled, rowCount);
      tensors ??= emptyTensors(inference, layers, samples.length);
      const { logits, features } = inference.runAll(filled, rowCount);
      for (const [index, part] of [logits, ...features].entries()) {
        const { values, width } = tensors[index] as AnswerTensor;
        values.set(part, firstRow * width);
      }
    }
    const [raw, ...features] = tensors as [AnswerTensor, ...AnswerTensor[]];
    if (this.#settings.output === 'probabilities') requireDistributions(raw);
    const width = order?.length ?? raw.width;
    const logits = { ...raw, width, values: inClassOrder(raw.values, raw.width, order) };
    return outputs.map((name) =>
      name === CLASS_OUTPUT
        ? finalAnswers(logits, knownClassesOf(this.#settings, dataset))
        : ([logits, ...features].find((tensor) => tensor.name === name) as AnswerTensor),
    );
  }

  async infer(inputs: Float32Array, rowCount: number): Promise<Float32Array<ArrayBuffer>> {
    const shape = this.#description.inputShape;
    if (shape === undefined)
      throw new LyceumError('FAILED_PRECONDITION', 'its input shape is open');
    const { classCount } = this.#description;
    const logits = new Float32Array(rowCount * classCount);
    const size = elementCount(shape);
    for (const { firstRow, rowCount: count } of inferenceRanges(rowCount)) {
      const rows = inputs.subarray(firstRow * size, (firstRow + count) * size);
      const inference = this.#inferenceFor(shape, [], rows, count);
      logits.set(inference.run(rows, count), firstRow * classCount);
    }
    return logits;
  }

  async close(): Promise<void> {
    for (const inference of this.#inferences.values()) inference.dispose();
    this.#inferences.clear();
    this.#model.dispose();
  }

  /** The inference for a request. The graph of a shape is checked on its first batch. */
  #inferenceFor(
    sampleShape: readonly number[],
    layers: readonly string[],
    inputs: FedValues,
    rowCount: number,
  ): Inference {
    const key = JSON.stringify([sampleShape, layers, inputs instanceof Uint8Array]);
    let inference = this.#inferences.get(key);
    if (inference === undefined) {
      const { classCount } = this.#description;
      inference = new Inference(
        this.#engine,
        this.#model,
        { output: this.#settings.output },
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
