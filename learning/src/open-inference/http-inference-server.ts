/** The Open Inference Protocol over HTTP, in JSON. */
import { type HttpAnswer, httpCall, isRedirect, jsonOf, RetryLaterError } from '@lyceum/platform';
import { type ErrorCode, elementCount, LyceumError, MESSAGE_MAX_BYTES } from '@lyceum/proto';
import type { InferenceTensorMetadata } from '../specification/index.js';
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
import { contentTypes, type InputTensor } from './input-tensors.js';
import { jsonNumbers } from './tensor-bytes.js';

/** The largest answer: a number in JSON has up to 24 characters, and a float32 of a raw message 4. */
const MAX_ANSWER_BYTES = 6 * MESSAGE_MAX_BYTES;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  413: 'RESOURCE_EXHAUSTED',
  422: 'INVALID_ARGUMENT',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export class HttpInferenceServer implements InferenceServer {
  readonly #access: ServerAccess;
  readonly #base: string;
  readonly #modelPath: string;
  readonly #closing = new AbortController();

  constructor(access: ServerAccess) {
    const { url, model, version } = access.description;
    this.#access = access;
    this.#base = `${url.replace(/\/+$/, '').replace(/\/v2$/, '')}/v2`;
    const ofVersion = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
    this.#modelPath = `/models/${encodeURIComponent(model)}${ofVersion}`;
  }

  async serverMetadata() {
    const { name, version } = await this.#call('GET', '');
    return { name: String(name ?? ''), version: String(version ?? '') };
  }

  async modelMetadata(): Promise<ModelMetadata> {
    const { platform, versions, inputs, outputs } = await this.#call('GET', this.#modelPath);
    return {
      platform: String(platform ?? ''),
      versions: listOf(versions).map(String),
      inputs: listOf(inputs).map(tensorMetadata),
      outputs: listOf(outputs).map(tensorMetadata),
    };
  }

  async infer(request: InferRequest, signal?: AbortSignal): Promise<InferResult> {
    const { output } = request;
    const found = await this.#ask(request, {}, signal);
    const numbers = listOf(found['data']).flat(8);
    const sizes = listOf(found['shape']).map(Number);
    const count = elementCount(sizes);
    // A truth value stands for 1 or 0, as in raw contents.
    const other = numbers.findIndex((value) => !['number', 'boolean'].includes(typeof value));
    if (numbers.length !== count || other >= 0) {
      const first = other < 0 ? '' : ` (value ${other} is no number)`;
      const message = `output ${output} has ${numbers.length} values${first}; want ${count} numbers for [${sizes}]`;
      throw new LyceumError('INTERNAL', message);
    }
    return { shape: sizes, values: Float32Array.from(numbers as number[], Number) };
  }

  async bestClasses(request: InferRequest, count: number): Promise<readonly string[]> {
    const { datatype, data } = await this.#ask(request, { parameters: { classification: count } });
    return datatype === 'BYTES' ? listOf(data).flat(8).map(String) : [];
  }

  close(): void {
    this.#closing.abort();
  }

  /** @returns the output. */
  async #ask(
    { id, inputs, output }: InferRequest,
    asked: object,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const types = contentTypes(inputs);
    const body = {
      id,
      ...contentParameters(types.request),
      inputs: inputs.map((input, i) => ({
        name: input.name,
        datatype: input.datatype,
        shape: input.shape,
        ...contentParameters(types.inputs[i]),
        data: dataOf(input),
      })),
      outputs: [{ name: output, ...asked }],
    };
    const answer = await this.#call('POST', `${this.#modelPath}/infer`, body, signal);
    const outputs = listOf(answer['outputs']).map(mappingOf);
    const found = outputs.find((tensor) => tensor['name'] === output);
    if (found !== undefined) return found;
    const names = outputs.map((tensor) => String(tensor['name'] ?? ''));
    // Some servers say so of what failed, with 200.
    throw new OtherOutputsError(output, names, answer['error'] !== undefined);
  }

  async #call(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { headers, tls, addresses, description } = this.#access;
    const closing = this.#closing.signal;
    const url = new URL(`${this.#base}${path}`);
    const answer = await httpCall({
      method,
      url,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      tls,
      addresses,
      deadlineMs: description.deadlineSeconds * 1000,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      signals: signal === undefined ? [closing] : [closing, signal],
      mayRepeat: true,
    });
    if (answer.status === 200) return documentOf(answer);
    throw refusal(answer, `${method} ${url.pathname}`);
  }
}

function contentParameters(type: string | undefined): object {
  return type === undefined ? {} : { parameters: { content_type: type } };
}

/** Values in JSON, where NaN, a missing number, is null. */
function dataOf({ datatype, values }: InputTensor): readonly unknown[] {
  return datatype === 'BYTES' ? values : jsonNumbers(datatype, values);
}

/** The error of a status. It leaves out the server's text, which may be meant for other readers than the error. */
function refusal({ status, body, retryAfterMs }: HttpAnswer, question: string): LyceumError {
  const redirects = isRedirect(status) ? '; redirects are not followed' : '';
  const message = `answers HTTP ${status} to ${question}, ${body.length} bytes${redirects}`;
  if (status === TOO_MANY_REQUESTS) return limitError(message, retryAfterMs);
  const isNotReady = status === 400 && NOT_READY.test(body.toString('utf8', 0, SHOWN_CHARACTERS));
  if (isNotReady) return new LyceumError('UNAVAILABLE', `${message}; its model is not ready`);
  // Statuses above 511 come from proxies: their server is away or overloaded.
  const code = CODES[status] ?? (status > 511 ? 'UNAVAILABLE' : 'INTERNAL');
  const isLater = code === 'UNAVAILABLE' && retryAfterMs !== undefined;
  return isLater ? new RetryLaterError(message, retryAfterMs) : new LyceumError(code, message);
}

function documentOf(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  const read = jsonOf(answer);
  if ('json' in read) return mappingOf(read.json);
  throw new LyceumError('INTERNAL', `the answer ${read.problem}`);
}

function tensorMetadata(raw: unknown): InferenceTensorMetadata {
  const { name, datatype, shape } = mappingOf(raw);
  return {
    name: String(name ?? ''),
    datatype: String(datatype ?? ''),
    shape: listOf(shape).map(Number),
  };
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
