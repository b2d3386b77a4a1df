/** Answers requests to the loaded models by the Open Inference Protocol v2, for both gRPC and HTTP. */
import {
  LyceumError,
  type ModelConfig,
  type ModelInferRequest,
  type ModelMetadataResponse,
} from '@lyceum/proto';
import {
  configOf,
  type InferOutput,
  metadataOf,
  outputOf,
  questionOf,
  type ServedShape,
  VERSION,
} from './infer-message.js';

/** Requests that wait or compute at a time, each with up to one message in memory. */
const UNDER_WAY_MAX_COUNT = 16;

export interface ServedModel extends ServedShape {
  /** The engine that runs the model. */
  readonly engine: string;
  /** @param inputs - [rowCount, …inputShape]; handed over. @returns [rowCount, classCount]. */
  readonly infer: (
    inputs: Float32Array<ArrayBuffer>,
    rowCount: number,
    signal: AbortSignal,
  ) => Promise<Float32Array>;
}

export interface InferenceDeskParts {
  /** Undefined: there is no model of that name. */
  readonly find: (name: string) => ServedModel | undefined;
  /** Names of all models that can be found. */
  readonly names: () => readonly string[];
  /** Whether the program can work: the answer to the protocol's question whether the server is ready. */
  readonly ready: () => boolean;
  /** Version of this program. */
  readonly version: string;
}

/** An empty version means the only one. Methods that take a model's name throw NOT_FOUND if there is no such model. */
export class InferenceDesk {
  readonly #parts: InferenceDeskParts;
  #underWay = 0;

  constructor(parts: InferenceDeskParts) {
    this.#parts = parts;
  }

  get isReady(): boolean {
    return this.#parts.ready();
  }

  get server(): { readonly name: string; readonly version: string; readonly extensions: string[] } {
    const { version } = this.#parts;
    const extensions = ['classification', 'model_configuration'];
    return { name: 'lyceum-teacher-worker', version, extensions };
  }

  has(name: string, version: string): boolean {
    return isVersion(version) && this.#parts.find(name) !== undefined;
  }

  metadata(name: string, version: string): ModelMetadataResponse {
    const model = this.#required(name, version);
    return metadataOf(name, model.engine, model);
  }

  config(name: string, version: string): ModelConfig {
    const model = this.#required(name, version);
    return configOf(name, model.engine, model);
  }

  /**
   * @param answer - makes the answer from the output.
   * @throws {LyceumError} NOT_FOUND, INVALID_ARGUMENT or RESOURCE_EXHAUSTED if the request cannot be answered,
   *   UNAVAILABLE if too many requests are under way.
   */
  async infer<T>(
    request: ModelInferRequest,
    signal: AbortSignal,
    answer: (output: InferOutput) => T,
  ): Promise<T> {
    const model = this.#required(request.modelName, request.modelVersion);
    const question = questionOf(request, model);
    if (this.#underWay >= UNDER_WAY_MAX_COUNT) {
      const message = `${UNDER_WAY_MAX_COUNT} requests wait already; try again later`;
      throw new LyceumError('UNAVAILABLE', message);
    }
    this.#underWay++;
    try {
      const logits = await model.infer(question.inputs, question.rowCount, signal);
      return answer(outputOf(question, model, logits));
    } finally {
      this.#underWay--;
    }
  }

  #required(name: string, version: string): ServedModel {
    const { find, names } = this.#parts;
    const model = find(name);
    if (model === undefined) {
      const message = `there is no model ${name} here; there is ${names().join(', ') || 'none'}`;
      throw new LyceumError('NOT_FOUND', message);
    }
    if (isVersion(version)) return model;
    const message = `model ${name} has version ${VERSION} only, not ${version}`;
    throw new LyceumError('NOT_FOUND', message);
  }
}

function isVersion(version: string): boolean {
  return version === '' || version === VERSION;
}
