/** The Open Inference Protocol over gRPC. Contents are sent raw; answers are read raw and typed. */
import { LyceumError, ModelInferRequest, type ModelInferResponse } from '@lyceum/proto';
import { call, connectInference, type InferenceClient } from '@lyceum/proto/node';
import type { ModelMetadata } from './asked-model.js';
import type {
  InferenceServer,
  InferRequest,
  InferResult,
  ServerAccess,
} from './inference-server.js';
import { rawNumbers, tensorNumbers } from './tensor-bytes.js';

export class GrpcInferenceServer implements InferenceServer {
  readonly #client: InferenceClient;
  readonly #access: ServerAccess;

  constructor(access: ServerAccess) {
    const address = access.description.url.replace(/^grpcs?:\/\//, '').replace(/\/$/, '');
    this.#client = connectInference(address, access.tls);
    this.#access = access;
  }

  async serverMetadata() {
    const { name, version } = await call(
      this.#client,
      this.#client.serverMetadata,
      {},
      this.#options(),
    );
    return { name, version };
  }

  async modelMetadata(): Promise<ModelMetadata> {
    const { model: name, version = '' } = this.#access.description;
    const request = { name, version };
    const found = await call(this.#client, this.#client.modelMetadata, request, this.#options());
    const { platform, versions, inputs, outputs } = found;
    return { platform, versions, inputs, outputs };
  }

  async infer(request: InferRequest, signal?: AbortSignal): Promise<InferResult> {
    const { model, version = '' } = this.#access.description;
    const { id, input, datatype, shape, values, output } = request;
    const message = ModelInferRequest.fromPartial({
      modelName: model,
      modelVersion: version,
      id,
      inputs: [{ name: input, datatype, shape: [...shape] }],
      outputs: [{ name: output }],
      rawInputContents: [rawNumbers(datatype, values)],
    });
    const options = { ...this.#options(), ...(signal !== undefined && { signal }) };
    const response = await call(this.#client, this.#client.modelInfer, message, options);
    return resultOf(response, output);
  }

  close(): void {
    this.#client.close();
  }

  #options() {
    const { description, headers } = this.#access;
    return { deadlineMs: description.deadlineSeconds * 1000, headers };
  }
}

/** @throws {LyceumError} INTERNAL if the answer is not what was asked for. */
function resultOf({ outputs, rawOutputContents }: ModelInferResponse, name: string): InferResult {
  const index = outputs.findIndex((output) => output.name === name);
  const tensor = outputs[index];
  if (tensor === undefined) {
    const got = outputs.map((output) => output.name).join(', ') || 'none';
    throw new LyceumError('INTERNAL', `the answer lacks the output ${name}; it has ${got}`);
  }
  try {
    // Typed contents beside raw ones of other outputs are not allowed: all are raw, or none.
    const raw =
      rawOutputContents.length === 0 ? undefined : (rawOutputContents[index] ?? Buffer.alloc(0));
    return { shape: tensor.shape, values: tensorNumbers(tensor, raw) };
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError('INTERNAL', `the answer cannot be read: ${err.message}`, { cause: err });
  }
}
