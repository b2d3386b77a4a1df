/** Handlers of the Open Inference Protocol v2 over gRPC. */
import { type Logger, unary } from '@lyceum/platform';
import type {
  ModelConfigRequest,
  ModelConfigResponse,
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataRequest,
  ModelMetadataResponse,
  ModelReadyRequest,
  ModelReadyResponse,
  ServerLiveRequest,
  ServerLiveResponse,
  ServerMetadataRequest,
  ServerMetadataResponse,
  ServerReadyRequest,
  ServerReadyResponse,
} from '@lyceum/proto';
import { answerOf } from './infer-message.js';
import type { InferenceDesk } from './inference-desk.js';

export function inferenceService(desk: InferenceDesk, log: Logger) {
  return {
    serverLive: unary<ServerLiveRequest, ServerLiveResponse>(log, async () => ({ live: true })),
    serverReady: unary<ServerReadyRequest, ServerReadyResponse>(log, async () => ({
      ready: desk.isReady,
    })),
    modelReady: unary<ModelReadyRequest, ModelReadyResponse>(log, async ({ name, version }) => ({
      ready: desk.has(name, version),
    })),
    serverMetadata: unary<ServerMetadataRequest, ServerMetadataResponse>(
      log,
      async () => desk.server,
    ),
    modelMetadata: unary<ModelMetadataRequest, ModelMetadataResponse>(
      log,
      async ({ name, version }) => desk.metadata(name, version),
    ),
    modelConfig: unary<ModelConfigRequest, ModelConfigResponse>(log, async ({ name, version }) => ({
      config: desk.config(name, version),
    })),
    modelInfer: unary<ModelInferRequest, ModelInferResponse>(log, (request, { signal }) =>
      desk.infer(request, signal, (output) => answerOf(request, output)),
    ),
  };
}
