/** Handlers of the Open Inference Protocol v2 over gRPC, for the models that this process has loaded. */
import {
  LyceumError,
  type ModelInferRequest,
  type ModelInferResponse,
  type ModelMetadataRequest,
  type ModelMetadataResponse,
  type ModelReadyRequest,
  type ModelReadyResponse,
  type ServerLiveRequest,
  type ServerLiveResponse,
  type ServerMetadataRequest,
  type ServerMetadataResponse,
  type ServerReadyRequest,
  type ServerReadyResponse,
} from '@lyceum/proto';
import { type Logger, unary } from '@lyceum/proto/node';
import { answerOf, metadataOf, questionOf, type ServedShape, VERSION } from './infer-message.js';

/** Requests that wait or compute, each with up to one message in memory. */
const UNDER_WAY_MAX_COUNT = 16;

export interface ServedModel extends ServedShape {
  /** What runs it. */
  readonly engine: string;
  /** @param inputs - [rowCount, …inputShape]; handed over. @returns [rowCount, classCount]. */
  readonly infer: (
    inputs: Float32Array<ArrayBuffer>,
    rowCount: number,
    signal: AbortSignal,
  ) => Promise<Float32Array>;
}

export interface InferenceServiceParts {
  /** Undefined: there is none of that name. */
  readonly find: (name: string) => ServedModel | undefined;
  /** Names that can be found. */
  readonly names: () => readonly string[];
  /** Whether it has what it is to have. */
  readonly ready: () => boolean;
  /** Of this program. */
  readonly version: string;
  readonly log: Logger;
}

export function inferenceService(parts: InferenceServiceParts) {
  const { log, version, ready } = parts;
  let underWay = 0;
  return {
    serverLive: unary<ServerLiveRequest, ServerLiveResponse>(log, async () => ({ live: true })),
    serverReady: unary<ServerReadyRequest, ServerReadyResponse>(log, async () => ({
      ready: ready(),
    })),
    modelReady: unary<ModelReadyRequest, ModelReadyResponse>(
      log,
      async ({ name, version: own }) => ({
        ready: isVersion(own) && parts.find(name) !== undefined,
      }),
    ),
    serverMetadata: unary<ServerMetadataRequest, ServerMetadataResponse>(log, async () => ({
      name: 'lyceum-teacher-worker',
      version,
      extensions: [],
    })),
    modelMetadata: unary<ModelMetadataRequest, ModelMetadataResponse>(log, async (request) => {
      const model = required(parts, request.name, request.version);
      return metadataOf(request.name, model.engine, model);
    }),
    modelInfer: unary<ModelInferRequest, ModelInferResponse>(log, async (request, { signal }) => {
      const model = required(parts, request.modelName, request.modelVersion);
      const { inputs, rowCount } = questionOf(request, model);
      if (underWay >= UNDER_WAY_MAX_COUNT) {
        const message = `${UNDER_WAY_MAX_COUNT} requests wait already; try again later`;
        throw new LyceumError('UNAVAILABLE', message);
      }
      underWay++;
      try {
        return answerOf(request, model, await model.infer(inputs, rowCount, signal));
      } finally {
        underWay--;
      }
    }),
  };
}

/** @throws {LyceumError} NOT_FOUND */
function required(parts: InferenceServiceParts, name: string, version: string): ServedModel {
  const model = parts.find(name);
  if (model === undefined) {
    const message = `there is no model ${name} here; there is ${parts.names().join(', ') || 'none'}`;
    throw new LyceumError('NOT_FOUND', message);
  }
  if (isVersion(version)) return model;
  throw new LyceumError('NOT_FOUND', `model ${name} has version ${VERSION} only, not ${version}`);
}

function isVersion(version: string): boolean {
  return version === '' || version === VERSION;
}
