/**
 * A teacher behind a server that speaks the Open Inference Protocol v2. It gives `logits`, or from these only the
 * `class`.
 *
 * When the teacher is opened, the server is asked whether it still has the model that was pushed. Calls overlap; the
 * number of requests under way is bounded all the same.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import { describePackagedModel, noiseOf, type RemotePackage } from '@lyceum/learning/formats';
import { classCountOf, logitsOf, type ModelSettings } from '@lyceum/learning/models';
import {
  ANSWER_TOLERANCE,
  canaryQuestion,
  openInferenceServer,
  questionReader,
  RefusedRequestError,
  RemoteModel,
  requireSamples,
  requireUnchanged,
  requireUnchangedMetadata,
} from '@lyceum/learning/open-inference';
import type { Outside } from '@lyceum/platform';
import {
  type AnswerRequest,
  type AnswerTensor,
  type EngineOpener,
  medianLatencyMs,
  OutsideFailure,
  type TeacherDescription,
  type TeacherEngine,
} from '../engine/index.js';
import { answersOfLogits } from '../rows/index.js';
import type { RemotePlace } from './remote-place.js';

interface InferenceServerTeacherOptions {
  readonly model: RemotePackage;
  readonly settings: ModelSettings;
  readonly dataset: Dataset;
  readonly outside: Outside;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export const openInference: EngineOpener<RemotePlace, 'open-inference'> = {
  format: 'open-inference',
  open: (model, { settings, dataset }, { outside, random }) =>
    InferenceServerTeacher.open({ model, settings, dataset, outside, random }),
};

class InferenceServerTeacher implements TeacherEngine {
  readonly movesBy = ANSWER_TOLERANCE;
  readonly #options: InferenceServerTeacherOptions;
  readonly #model: RemoteModel;
  readonly #description: TeacherDescription;

  private constructor(
    options: InferenceServerTeacherOptions,
    model: RemoteModel,
    latencyBatch1Ms: number,
  ) {
    const packaged = { format: 'open-inference', model: options.model } as const;
    const { parameterCount, weightBytes } = describePackagedModel(packaged);
    this.#options = options;
    this.#model = model;
    const classCount = classCountOf(options.model.found.classCount);
    const answerNoise = noiseOf(options.model);
    this.#description = { classCount, parameterCount, weightBytes, latencyBatch1Ms, answerNoise };
  }

  /**
   * @throws {LyceumError} FAILED_PRECONDITION if the server has another model now, INVALID_ARGUMENT if the set's
   *   samples do not fit the model; another code if the server cannot be asked.
   */
  static async open(options: InferenceServerTeacherOptions): Promise<InferenceServerTeacher> {
    const { description, found } = options.model;
    requireSamples({ ...options.model, settings: options.settings }, options.dataset);
    const server = openInferenceServer(description, options.outside);
    const model = new RemoteModel(server, options.model, options.random);
    try {
      await requireUnchanged(model.atLoad, options.model);
      const sample = canaryQuestion(found, description, options.settings, 1);
      const latencyBatch1Ms = await medianLatencyMs(() => model.infer(1, () => sample));
      return new InferenceServerTeacher(options, model, latencyBatch1Ms);
    } catch (err) {
      model.close();
      throw err;
    }
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const { settings, model } = this.#options;
    const read = questionReader({ ...model, settings }, dataset);
    const values = await this.#ask(samples.length, (first, count) =>
      read(samples.subarray(first, first + count), view),
    );
    const logits = logitsOf(values, model.found.classCount, settings.output);
    const { classCount } = this.#description;
    return answersOfLogits(logits, classCount, { settings, dataset, outputs });
  }

  /** Asks twice. Rows are at fault if they are refused both times, and the model is found unchanged in between. */
  async #ask(rowCount: number, read: ReadRows): Promise<Float32Array<ArrayBuffer>> {
    try {
      return await this.#model.infer(rowCount, read);
    } catch (err) {
      if (!(err instanceof RefusedRequestError)) throw err;
      await requireUnchanged(this.#model.atLoad, this.#options.model);
    }
    try {
      return await this.#model.infer(rowCount, read);
    } catch (err) {
      if (!(err instanceof RefusedRequestError)) throw err;
      throw new OutsideFailure(err.message, { cause: err });
    }
  }

  check(): Promise<void> {
    return requireUnchangedMetadata(this.#model.atLoad, this.#options.model);
  }

  async close(): Promise<void> {
    this.#model.close();
  }
}

type ReadRows = Parameters<RemoteModel['infer']>[1];
