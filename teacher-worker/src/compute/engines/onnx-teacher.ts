/** A teacher that is an ONNX model. It gives `logits`, and of them the `class` alone. */
import {
  classifierOf,
  classOrder,
  type Dataset,
  describePackagedModel,
  inClassOrder,
  ModelInputs,
  type ModelSettings,
  type OnnxPackage,
} from '@lyceum/learning/data';
import { OnnxInference } from '@lyceum/learning/onnx';
import { INFERENCE_ROWS, inferenceRanges } from '../inference-ranges.js';
import { requireDistributions } from '../probability-rows.js';
import { outputsOfLogits } from './class-tensors.js';
import { medianLatencyMs } from './median-latency.js';
import type {
  AnswerRequest,
  AnswerTensor,
  TeacherDescription,
  TeacherEngine,
} from './teacher-engine.js';

export interface OnnxTeacherOptions {
  readonly model: OnnxPackage;
  readonly settings: ModelSettings;
  readonly computeThreads: number;
  /** The set that it will be asked about. */
  readonly dataset: Dataset;
}

export class OnnxTeacher implements TeacherEngine {
  readonly #options: OnnxTeacherOptions;
  readonly #description: TeacherDescription;
  readonly #inputShape: readonly number[] | undefined;
  /** By the shape seen, in which sets may differ where the model takes both. */
  readonly #inferences: Map<string, OnnxInference>;

  private constructor(
    options: OnnxTeacherOptions,
    description: TeacherDescription,
    inferences: Map<string, OnnxInference>,
  ) {
    this.#options = options;
    this.#description = description;
    this.#inputShape = classifierOf(options.model).inputShape;
    this.#inferences = inferences;
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if the runtime refuses the model, or the samples do not fit it. */
  static async open(options: OnnxTeacherOptions): Promise<OnnxTeacher> {
    const { settings, dataset } = options;
    const model = { file: options.model.file, settings };
    const { parameterCount, weightBytes, inputShape } = describePackagedModel({
      format: 'onnx',
      model,
    });
    const inputs = new ModelInputs(dataset, settings, inputShape);
    const single = await openInference(options, inputs, 1);
    const { classCount } = single;
    const sample = new Float32Array(inputs.size);
    const latencyBatch1Ms = await medianLatencyMs(() => single.run(sample, 1));
    await single.close();
    const description = { classCount, parameterCount, weightBytes, latencyBatch1Ms };
    return new OnnxTeacher({ ...options, model }, description, new Map());
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const inputs = new ModelInputs(dataset, this.#options.settings, this.#inputShape);
    const order = classOrder(this.#options.settings, dataset);
    const { classCount } = this.#description;
    const inference = await this.#inferenceFor(inputs);
    const batch = new Float32Array(INFERENCE_ROWS * inputs.size);
    const values = new Float32Array(samples.length * classCount);
    for (const { firstRow, rowCount } of inferenceRanges(samples.length, INFERENCE_ROWS)) {
      inputs.read(samples.subarray(firstRow, firstRow + rowCount), view, batch);
      values.set(await inference.run(batch, rowCount), firstRow * classCount);
    }
    if (this.#options.settings.output === 'probabilities') {
      requireDistributions({ name: 'logits', width: classCount, values });
    }
    const ordered = inClassOrder(values, classCount, order);
    const width = order?.length ?? classCount;
    return outputsOfLogits({ name: 'logits', width, values: ordered }, outputs);
  }

  async close(): Promise<void> {
    for (const inference of this.#inferences.values()) await inference.close();
    this.#inferences.clear();
  }

  async #inferenceFor(inputs: ModelInputs): Promise<OnnxInference> {
    const key = `${inputs.shape}`;
    let inference = this.#inferences.get(key);
    if (inference === undefined) {
      inference = await openInference(this.#options, inputs, INFERENCE_ROWS);
      this.#inferences.set(key, inference);
    }
    return inference;
  }
}

function openInference(
  { model, computeThreads }: OnnxTeacherOptions,
  { modelShape }: ModelInputs,
  rows: number,
): Promise<OnnxInference> {
  return OnnxInference.open(model, { rows, threads: computeThreads, sampleShape: modelShape });
}
