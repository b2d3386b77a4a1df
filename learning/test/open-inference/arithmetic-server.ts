/**
 * A model behind a real server, gRPC or HTTP on loopback, that behaves as Triton, KServe or MLServer: typed or raw
 * answers, row limits, fixed rows, labels, temporary failures, another model. The model is plain arithmetic: class c
 * of a sample x has the logit c · Σx.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, INFERENCE_SERVICE, RpcServer, unary } from '@lyceum/platform';
import {
  LyceumError,
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataResponse,
} from '@lyceum/proto';
import {
  type NumberDatatype,
  rawNumbers,
  rawTexts,
  type TensorHead,
  tensorNumbers,
  typedNumbers,
} from '../../src/open-inference/tensor-bytes.js';

export const CLASSES = 3;
export const SAMPLE = [2, 2];
const SAMPLE_SIZE = 4;
const log = createLogger({ name: 'test', level: 'silent' });

const closing: (() => unknown)[] = [];

/** Registers `close` to run after the test, in reverse order. */
export function atEnd(close: () => unknown): void {
  closing.push(close);
}

export async function endAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

export interface Behaviour {
  /** Greatest number of rows of a request. */
  maxRows: number;
  fixedRows?: number;
  /** Answers typed requests typed, as KServe and MLServer do; Triton answers raw. */
  typed: boolean;
  factor: number;
  /** Logits of a request's rows, [rows, CLASSES]. */
  model: (request: ModelInferRequest, server: Behaviour) => Float32Array;
  inputs: { name: string; datatype: string; shape: number[] }[];
  outputDatatype: NumberDatatype;
  versions: string[];
  /** Class labels, as Triton reads them from a file; empty without a file. Other servers ignore or refuse them. */
  labels: readonly string[] | 'passed over' | 'refused';
  /** How many calls fail first, with `code`. */
  failures: number;
  code: 'UNAVAILABLE' | 'INVALID_ARGUMENT';
  seen: ModelInferRequest[];
  /** Headers of each call. */
  headers: Readonly<Record<string, unknown>>[];
  /** Called before each answer, which waits for it. */
  before: (request: ModelInferRequest) => unknown;
  /** Changes each answer before it is sent. */
  distort: (response: ModelInferResponse) => ModelInferResponse;
}

export function behaviour(changes: Partial<Behaviour> = {}): Behaviour {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [changes.fixedRows ?? -1, ...SAMPLE] }];
  return {
    maxRows: 1000,
    typed: false,
    factor: 1,
    model: ({ inputs: [input], rawInputContents: [raw] }, { factor }) =>
      logitsOf(tensorNumbers(input as TensorHead, raw), factor),
    inputs,
    outputDatatype: 'FP32',
    versions: ['1'],
    labels: 'passed over',
    failures: 0,
    code: 'UNAVAILABLE',
    seen: [],
    headers: [],
    before: () => undefined,
    distort: (response) => response,
    ...changes,
  };
}

/** Rows of samples as the only input of the model. */
export function asInput(
  rows: (first: number, count: number) => Float32Array,
  datatype: NumberDatatype = 'FP32',
) {
  return (first: number, count: number) => [
    { name: 'x', datatype, shape: [count, ...SAMPLE], values: rows(first, count) },
  ];
}

export function logitsOf(values: Float32Array, factor: number): Float32Array {
  const rows = values.length / SAMPLE_SIZE;
  return Float32Array.from({ length: rows * CLASSES }, (_, i) => {
    const first = Math.floor(i / CLASSES) * SAMPLE_SIZE;
    const row = values.subarray(first, first + SAMPLE_SIZE);
    return factor * (i % CLASSES) * row.reduce((sum, x) => sum + x, 0);
  });
}

async function infer(server: Behaviour, request: ModelInferRequest): Promise<ModelInferResponse> {
  server.seen.push(request);
  await server.before(request);
  if (server.failures > 0) {
    server.failures--;
    throw new LyceumError(server.code, 'not now');
  }
  const [input] = request.inputs;
  const rows = input?.shape[0] ?? 0;
  if (rows > server.maxRows || (server.fixedRows !== undefined && rows !== server.fixedRows)) {
    throw new LyceumError('INVALID_ARGUMENT', `request batch-size must be <= ${server.maxRows}`);
  }
  if (input === undefined) throw new LyceumError('INVALID_ARGUMENT', 'no input');
  const logits = server.model(request, server);
  const { outputDatatype: datatype, labels } = server;
  const asked = request.outputs[0]?.parameters['classification']?.parameterChoice;
  if (asked?.$case === 'int64Param' && labels !== 'passed over') {
    if (labels === 'refused') throw new LyceumError('INVALID_ARGUMENT', 'what is classification?');
    return bestClasses(server, request, logits, asked.int64Param, labels);
  }
  const head = { name: 'y', datatype, shape: [rows, CLASSES] };
  return server.distort(
    ModelInferResponse.fromPartial({
      modelName: request.modelName,
      id: request.id,
      outputs: [{ ...head, ...(server.typed && { contents: { fp32Contents: [...logits] } }) }],
      rawOutputContents: server.typed ? [] : [rawNumbers(datatype, logits)],
    }),
  );
}

/** SCORE:CLASS:LABEL, the best class first, as Triton answers. */
function bestClasses(
  { typed }: Behaviour,
  { modelName, id }: ModelInferRequest,
  logits: Float32Array,
  count: number,
  labels: readonly string[],
): ModelInferResponse {
  const rows = logits.length / CLASSES;
  const texts = Array.from({ length: rows }, (_, row) => {
    const own = [...logits.subarray(row * CLASSES, (row + 1) * CLASSES)];
    const best = [...own.keys()].sort((a, b) => (own[b] as number) - (own[a] as number));
    const label = (c: number) => (labels[c] === undefined ? '' : `:${labels[c]}`);
    return best.slice(0, count).map((c) => `${own[c]?.toFixed(6)}:${c}${label(c)}`);
  }).flat();
  const contents = { bytesContents: texts.map((text) => Buffer.from(text)) };
  const head = { name: 'y', datatype: 'BYTES', shape: [rows, count] };
  return ModelInferResponse.fromPartial({
    modelName,
    id,
    outputs: [{ ...head, ...(typed && { contents }) }],
    rawOutputContents: typed ? [] : [rawTexts(texts)],
  });
}

function metadata(server: Behaviour) {
  const outputs = [{ name: 'y', datatype: server.outputDatatype, shape: [-1, CLASSES] }];
  return ModelMetadataResponse.fromPartial({
    name: 'sums',
    versions: server.versions,
    platform: 'arithmetic',
    inputs: server.inputs,
    outputs,
  });
}

export interface Started {
  readonly url: string;
  readonly address: string;
  stop(): Promise<unknown>;
}

export async function startGrpc(server: Behaviour, address = '127.0.0.1:0'): Promise<Started> {
  const never = unary(log, async () => ({}) as never);
  const answer = unary(log, (request: ModelInferRequest) => infer(server, request));
  const rpc = await RpcServer.start({
    address,
    insecure: false,
    log,
    services: [
      [
        INFERENCE_SERVICE,
        {
          serverLive: never,
          serverReady: never,
          modelReady: never,
          serverMetadata: unary(log, async () => ({ name: 'test', version: '1', extensions: [] })),
          modelMetadata: unary(log, async () => metadata(server)),
          modelInfer: (...[call, callback]: Parameters<typeof answer>) => {
            server.headers.push(call.metadata.getMap());
            answer(call, callback);
          },
        },
      ],
    ],
  });
  const stop = () => rpc.stop(0);
  atEnd(stop);
  return { url: `grpc://${rpc.address}`, address: rpc.address, stop };
}

export async function startHttp(server: Behaviour, at = '127.0.0.1:0'): Promise<Started> {
  const http = createServer((request, response) => {
    void answerHttp(server, request, response);
  });
  const port = Number(at.replace(/.*:/, ''));
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });
  atEnd(stop);
  const address = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return { url: `http://${address}`, address, stop };
}

async function answerHttp(server: Behaviour, request: IncomingMessage, response: ServerResponse) {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const send = (status: number, document: object, headers: IncomingHttpHeaders = {}) =>
    response.writeHead(status, headers).end(JSON.stringify(document));
  if (request.url === '/v2') return send(200, { name: 'test', version: '1' });
  if (request.url === '/v2/models/sums') return send(200, metadata(server));
  if (request.url !== '/v2/models/sums/infer') return send(404, { error: `no ${request.url}` });
  server.headers.push(request.headers);
  const { id, inputs, outputs: wanted, parameters } = JSON.parse(Buffer.concat(parts).toString());
  server.typed = true;
  try {
    const message = ModelInferRequest.fromPartial({
      id,
      parameters: contentType(parameters),
      inputs: inputs.map(tensorOf),
      outputs: [{ name: wanted[0].name, parameters: parametersOf(wanted[0]) }],
    });
    const { outputs } = await infer(server, message);
    send(200, {
      id,
      outputs: outputs.map(({ contents: own, ...head }) => ({
        ...head,
        data:
          head.datatype === 'BYTES'
            ? own?.bytesContents.map((bytes) => bytes.toString())
            : own?.fp32Contents,
      })),
    });
  } catch (err) {
    const isAway = err instanceof LyceumError && err.code === 'UNAVAILABLE';
    send(isAway ? 429 : 400, { error: String(err) }, isAway ? { 'retry-after': '0' } : {});
  }
}

interface JsonTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly data: (number | string | null)[];
  readonly parameters?: { readonly content_type?: string };
}

function tensorOf({ name, datatype, shape, data, parameters }: JsonTensor) {
  const contents =
    datatype === 'BYTES'
      ? { bytesContents: data.map((text) => Buffer.from(String(text))) }
      : typedNumbers(name, datatype, strictly(datatype, data));
  return { name, datatype, shape, contents, parameters: contentType(parameters) };
}

function contentType(parameters: JsonTensor['parameters'] = {}) {
  const { content_type: type } = parameters;
  if (type === undefined) return {};
  return {
    content_type: { parameterChoice: { $case: 'stringParam', stringParam: type } as const },
  };
}

/**
 * Reads JSON as Triton does: integers and booleans must be written as such. MLServer reads null as a missing number.
 */
function strictly(datatype: string, data: readonly unknown[]): number[] {
  const isRight = (value: unknown) =>
    value === null ||
    (datatype === 'BOOL'
      ? typeof value === 'boolean'
      : typeof value === 'number' && (datatype.startsWith('FP') || Number.isInteger(value)));
  const wrong = data.find((value) => !isRight(value));
  if (wrong === undefined)
    return data.map((value) => (value === null ? Number.NaN : Number(value)));
  throw new LyceumError('INVALID_ARGUMENT', `attempt to access ${wrong} as ${datatype}`);
}

function parametersOf({ parameters = {} }: { parameters?: { classification?: number } }) {
  const { classification } = parameters;
  if (classification === undefined) return {};
  const parameterChoice = { $case: 'int64Param', int64Param: classification } as const;
  return { classification: { parameterChoice } };
}

/** The transports, for tests that run on each. */
export const BOTH = [
  ['gRPC', startGrpc],
  ['HTTP', startHttp],
] as const;
