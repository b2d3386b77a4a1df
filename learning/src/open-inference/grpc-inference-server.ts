/** The Open Inference Protocol over gRPC. Contents are sent raw; answers are read raw and typed. */
import {
  call,
  calleeOf,
  connectInference,
  HttpStatusError,
  type InferenceClient,
  withoutSecrets,
} from '@lyceum/platform';
import {
  type ErrorCode,
  LyceumError,
  ModelInferRequest,
  type ModelInferResponse,
  shownText,
} from '@lyceum/proto';
import type { ModelMetadata } from './asked-model.js';
import {
  type InferenceServer,
  type InferRequest,
  type InferResult,
  limitError,
  NOT_READY,
  OtherOutputsError,
  type ServerAccess,
  SHOWN_CHARACTERS,
  TOO_MANY_REQUESTS,
} from './inference-server.js';
import { contentTypes } from './input-tensors.js';
import {
  rawNumbers,
  rawTexts,
  type TensorHead,
  tensorNumbers,
  tensorTexts,
} from './tensor-bytes.js';

type TensorParameters = ModelInferRequest['outputs'][number]['parameters'];

const PAYLOAD_TOO_LARGE = 413;

/**
 * What gRPC's libraries say of a message that is too long for them, and engines of more rows than they have room for.
 */
const TOO_MUCH_AT_ONCE = /larger than max|exceeds (the )?max|too large|memory|\bOOM\b/i;

type Method<Req, Res> = (client: InferenceClient) => Parameters<typeof call<Req, Res>>[1];

export class GrpcInferenceServer implements InferenceServer {
  readonly #access: ServerAccess;
  readonly #address: string;
  /**
   * The client, connected to the addresses that the host had when it was looked up; undefined: the next call looks it
   * up.
   */
  #client: Promise<InferenceClient> | undefined;
  #isClosed = false;

  constructor(access: ServerAccess) {
    this.#address = access.description.url.replace(/^grpcs?:\/\//, '').replace(/\/$/, '');
    this.#access = access;
  }

  async serverMetadata() {
    const { name, version } = await this.#call((client) => client.serverMetadata, {});
    return { name, version };
  }

  async modelMetadata(): Promise<ModelMetadata> {
    const { model: name, version = '' } = this.#access.description;
    const request = { name, version };
    const found = await this.#call((client) => client.modelMetadata, request);
    const { platform, versions, inputs, outputs } = found;
    return { platform, versions, inputs, outputs };
  }

  async infer(request: InferRequest, signal?: AbortSignal): Promise<InferResult> {
    const message = this.#question(request);
    const response = await this.#call((client) => client.modelInfer, message, signal);
    return read(response, request.output, (tensor, raw) => ({
      shape: tensor.shape,
      values: tensorNumbers(tensor, raw),
    }));
  }

  async bestClasses(request: InferRequest, count: number): Promise<readonly string[]> {
    const message = this.#question(request, {
      classification: { parameterChoice: { $case: 'int64Param', int64Param: count } },
    });
    const response = await this.#call((client) => client.modelInfer, message);
    return read(response, request.output, (tensor, raw) =>
      tensor.datatype === 'BYTES' ? tensorTexts(tensor, raw) : [],
    );
  }

  #question(
    { id, inputs, output }: InferRequest,
    parameters: TensorParameters = {},
  ): ModelInferRequest {
    const { model, version = '' } = this.#access.description;
    const types = contentTypes(inputs);
    return ModelInferRequest.fromPartial({
      modelName: model,
      modelVersion: version,
      id,
      parameters: contentParameters(types.request),
      inputs: inputs.map(({ name, datatype, shape }, i) => ({
        name,
        datatype,
        shape: [...shape],
        parameters: contentParameters(types.inputs[i]),
      })),
      outputs: [{ name: output, parameters }],
      rawInputContents: inputs.map((input) =>
        input.datatype === 'BYTES'
          ? rawTexts(input.values)
          : rawNumbers(input.datatype, input.values),
      ),
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#leave();
  }

  async #call<Req, Res>(
    methodOf: Method<Req, Res>,
    request: Req,
    signal?: AbortSignal,
  ): Promise<Res> {
    const { description, headers, secrets } = this.#access;
    if (this.#isClosed) throw new LyceumError('CANCELLED', 'the connection is closed');
    const connecting = this.#connected();
    try {
      const client = await connecting;
      const options = { deadlineMs: description.deadlineSeconds * 1000, headers };
      const signalled = { ...options, ...(signal !== undefined && { signal }) };
      return await call(client, methodOf(client), request, signalled);
    } catch (thrown) {
      if (!(thrown instanceof LyceumError)) throw thrown;
      // The server may have moved to another address.
      if (thrown.code === 'UNAVAILABLE' && this.#client === connecting) this.#leave();
      // The cause of the error would hold the server's words unchanged, secrets included.
      const words = withoutSecrets(thrown.message, secrets);
      // A certificate of another host is of a known authority.
      const isStranger = /certificate is not trusted: (?!Hostname)/.test(words);
      const advice = isStranger ? '; tls.ca of its description names the authority' : '';
      const shown = `${shownText(words, SHOWN_CHARACTERS)}${advice}`;
      throw isLimit(thrown) ? limitError(shown) : new LyceumError(codeOf(thrown), shown);
    }
  }

  /** Connects once; a failure is not remembered. */
  #connected(): Promise<InferenceClient> {
    const connecting = this.#client ?? this.#connect();
    this.#client = connecting;
    connecting.catch(() => {
      if (this.#client === connecting) this.#client = undefined;
    });
    return connecting;
  }

  async #connect(): Promise<InferenceClient> {
    const { tls, addresses, description } = this.#access;
    const at = await addresses.addresses(calleeOf(description.url));
    return connectInference(this.#address, tls, at);
  }

  /** Drops the client. Calls under way end by themselves. */
  #leave(): void {
    this.#client?.then(
      (client) => client.close(),
      () => undefined,
    );
    this.#client = undefined;
  }
}

function contentParameters(type: string | undefined): TensorParameters {
  if (type === undefined) return {};
  return { content_type: { parameterChoice: { $case: 'stringParam', stringParam: type } } };
}

/** Whether a server, or a proxy before it, takes no more requests for now: one with fewer rows would not help. */
function isLimit(err: LyceumError): boolean {
  if (err instanceof HttpStatusError) return err.status === TOO_MANY_REQUESTS;
  return err.code === 'RESOURCE_EXHAUSTED' && !TOO_MUCH_AT_ONCE.test(err.message);
}

/**
 * A model that is still being loaded counts as away. A proxy that lets no request of this size through would refuse it
 * again, and one with fewer rows perhaps not.
 */
function codeOf(err: LyceumError): ErrorCode {
  if (err.code === 'INVALID_ARGUMENT' && NOT_READY.test(err.message)) return 'UNAVAILABLE';
  const isTooLarge = err instanceof HttpStatusError && err.status === PAYLOAD_TOO_LARGE;
  return isTooLarge ? 'RESOURCE_EXHAUSTED' : err.code;
}

/** Reads an answer. @throws {LyceumError} INTERNAL if it is not the answer to the question. */
function read<T>(
  { outputs, rawOutputContents }: ModelInferResponse,
  name: string,
  readTensor: (tensor: TensorHead, raw: Uint8Array | undefined) => T,
): T {
  const index = outputs.findIndex((output) => output.name === name);
  const tensor = outputs[index];
  if (tensor === undefined) {
    const names = outputs.map((output) => output.name);
    throw new OtherOutputsError(name, names);
  }
  try {
    // Typed contents beside raw ones of other outputs are not allowed: all are raw, or none.
    const raw =
      rawOutputContents.length === 0 ? undefined : (rawOutputContents[index] ?? Buffer.alloc(0));
    return readTensor(tensor, raw);
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError('INTERNAL', `the answer cannot be read: ${err.message}`, { cause: err });
  }
}
