/**
 * A teacher behind a server that speaks the Open Inference Protocol v2. It gives `logits`, or from these the `class`
 * alone.
 *
 * When the teacher is opened, the server is asked whether it still has the model that was pushed. Calls overlap; the
 * number of requests under way is bounded all the same.
 */
import { describePackagedModel, noiseOf, type RemotePackage } from '@lyceum/learning/formats';
import { classCountOf, logitsOf, ModelInputs, type ModelSettings } from '@lyceum/learning/models';
import {
  ANSWER_TOLERANCE,
  type InferenceServer,
  openInferenceServer,
  RefusedRequestError,
  RemoteModel,
  requireUnchanged,
  requireUnchangedMetadata,
} from '@lyceum/learning/open-inference';
import type { Outside } from '@lyceum/platform';
import { elementCount, LyceumError } from '@lyceum/proto';
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
  readonly outside: Outside;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export const openInference: EngineOpener<RemotePlace, 'open-inference'> = {
  format: 'open-inference',
  open: (model, { settings }, { outside, random }) =>
    InferenceServerTeacher.open({ model, settings, outside, random }),
};

class InferenceServerTeacher implements TeacherEngine {
  readonly movesBy = ANSWER_TOLERANCE;
  readonly #options: InferenceServerTeacherOptions;
  readonly #server: InferenceServer;
  readonly #model: RemoteModel;
  readonly #inputShape: readonly number[] | undefined;
  readonly #description: TeacherDescription;

  private constructor(
    options: InferenceServerTeacherOptions,
    server: InferenceServer,
    model: RemoteModel,
    latencyBatch1Ms: number,
  ) {
    const packaged = { format: 'open-inference', model: options.model } as const;
    const { inputShape, parameterCount, weightBytes } = describePackagedModel(packaged);
    this.#options = options;
    this.#server = server;
    this.#model = model;
    this.#inputShape = inputShape;
    const classCount = classCountOf(options.model.found.classCount);
    const answerNoise = noiseOf(options.model);
    this.#description = { classCount, parameterCount, weightBytes, latencyBatch1Ms, answerNoise };
  }

  /**
   * @throws {LyceumError} FAILED_PRECONDITION if the server has another model now; its own code if it cannot be asked.
   */
  static async open(options: InferenceServerTeacherOptions): Promise<InferenceServerTeacher> {
    const { description, found } = options.model;
    const server = openInferenceServer(description, options.outside);
    const model = new RemoteModel(server, options.model, options.random);
    try {
      await requireUnchanged(server, options.model);
      const sample = new Float32Array(elementCount(found.sampleShape));
      const latencyBatch1Ms = await medianLatencyMs(() => model.infer(1, () => sample));
      return new InferenceServerTeacher(options, server, model, latencyBatch1Ms);
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
    const inputs = new ModelInputs(dataset, settings, this.#inputShape);
    const want = model.found.sampleShape;
    if (inputs.size !== elementCount(want)) {
      const message = `the model takes samples of shape [${want}]; the data set's become [${inputs.modelShape}]`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const values = await this.#ask(samples.length, (first, count) => {
      const rows = new Float32Array(count * inputs.size);
      inputs.read(samples.subarray(first, first + count), view, rows);
      return rows;
    });
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
      await requireUnchanged(this.#server, this.#options.model);
    }
    try {
      return await this.#model.infer(rowCount, read);
    } catch (err) {
      if (!(err instanceof RefusedRequestError)) throw err;
      throw new OutsideFailure(err.message, { cause: err });
    }
  }

  check(): Promise<void> {
    return requireUnchangedMetadata(this.#server, this.#options.model);
  }

  async close(): Promise<void> {
    this.#model.close();
  }
}

type ReadRows = Parameters<RemoteModel['infer']>[1];
