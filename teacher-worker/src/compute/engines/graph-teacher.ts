/** A teacher that is a graph of operations, on any engine. It gives `logits`, or from these the `class` alone. */
import type { Dataset } from '@lyceum/learning/datasets';
import {
  describePackagedModel,
  type GraphInference,
  type GraphInferenceOptions,
  type PackagedModel,
} from '@lyceum/learning/formats';
import { ModelInputs, type ModelSettings } from '@lyceum/learning/models';
import { elementCount, LyceumError } from '@lyceum/proto';
import {
  type AnswerRequest,
  type AnswerTensor,
  medianLatencyMs,
  type TeacherDescription,
  type TeacherEngine,
} from '../engine/index.js';
import { answersOfLogits, INFERENCE_ROWS, inferenceRanges } from '../rows/index.js';

export interface GraphTeacherOptions {
  /** The package, with the teacher's settings. */
  readonly packaged: PackagedModel;
  /** A set that the teacher will be asked about. */
  readonly dataset: Dataset;
  /** Loads the model for a shape. */
  readonly open: (options: GraphInferenceOptions) => Promise<GraphInference>;
}

export class GraphTeacher implements TeacherEngine {
  readonly #open: GraphTeacherOptions['open'];
  readonly #settings: ModelSettings;
  readonly #description: TeacherDescription;
  readonly #inputShape: readonly number[] | undefined;
  /** Inferences by the shape seen, in which sets may differ if the model takes both. */
  readonly #inferences = new Map<string, GraphInference>();

  private constructor(
    open: GraphTeacherOptions['open'],
    settings: ModelSettings,
    description: TeacherDescription,
    inputShape: readonly number[] | undefined,
  ) {
    this.#open = open;
    this.#settings = settings;
    this.#description = description;
    this.#inputShape = inputShape;
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if the model cannot be run, or the samples do not fit it. */
  static async open({ packaged, dataset, open }: GraphTeacherOptions): Promise<GraphTeacher> {
    const { settings, parameterCount, weightBytes, inputShape } = describePackagedModel(packaged);
    const inputs = new ModelInputs(dataset, settings, inputShape);
    const single = await open({ rows: 1, sampleShape: inputs.modelShape });
    const { classCount } = single;
    const sample = new Float32Array(inputs.size);
    const latencyBatch1Ms = await medianLatencyMs(() => single.run(sample, 1)).finally(() =>
      single.close(),
    );
    const description = {
      classCount,
      parameterCount,
      weightBytes,
      latencyBatch1Ms,
      ...(inputShape !== undefined && { inputShape: inputs.modelShape }),
    };
    return new GraphTeacher(open, settings, description, inputShape);
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const inputs = new ModelInputs(dataset, this.#settings, this.#inputShape);
    const { classCount } = this.#description;
    const inference = await this.#inferenceFor(inputs.modelShape);
    const batch = new Float32Array(INFERENCE_ROWS * inputs.size);
    const values = new Float32Array(samples.length * classCount);
    for (const { firstRow, rowCount } of inferenceRanges(samples.length)) {
      inputs.read(samples.subarray(firstRow, firstRow + rowCount), view, batch);
      values.set(await inference.run(batch, rowCount), firstRow * classCount);
    }
    return answersOfLogits(values, classCount, { settings: this.#settings, dataset, outputs });
  }

  async infer(inputs: Float32Array, rowCount: number): Promise<Float32Array<ArrayBuffer>> {
    const { inputShape, classCount } = this.#description;
    if (inputShape === undefined) {
      throw new LyceumError('FAILED_PRECONDITION', 'its input shape is open');
    }
    const inference = await this.#inferenceFor(inputShape);
    const logits = new Float32Array(rowCount * classCount);
    const size = elementCount(inputShape);
    for (const { firstRow, rowCount: count } of inferenceRanges(rowCount)) {
      const rows = inputs.subarray(firstRow * size, (firstRow + count) * size);
      logits.set(await inference.run(rows, count), firstRow * classCount);
    }
    return logits;
  }

  async close(): Promise<void> {
    for (const inference of this.#inferences.values()) await inference.close();
    this.#inferences.clear();
  }

  async #inferenceFor(sampleShape: readonly number[]): Promise<GraphInference> {
    const key = `${sampleShape}`;
    let inference = this.#inferences.get(key);
    if (inference === undefined) {
      inference = await this.#open({ rows: INFERENCE_ROWS, sampleShape });
      this.#inferences.set(key, inference);
    }
    return inference;
  }
}
