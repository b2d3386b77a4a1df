/** The Open Inference Protocol v2 over HTTP, on a port of its own. Errors are JSON, `{ "error": … }`. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  boundedServer,
  checkListenAddress,
  formatAddress,
  type Logger,
  parseAddress,
  strangeRequest,
  type TlsIdentity,
} from '@lyceum/platform';
import {
  cut,
  type ErrorCode,
  LyceumError,
  MESSAGE_MAX_BYTES,
  REASON_MAX_LETTERS,
} from '@lyceum/proto';
import { BodyRoom } from './body-room.js';
import { HEADER_LENGTH, httpAnswerOf, httpConfigOf, httpQuestionOf } from './http-infer-message.js';
import type { InferenceDesk } from './inference-desk.js';

/** A float32 has 4 bytes raw, and up to 24 characters in JSON. */
const BODY_MAX_BYTES = 6 * MESSAGE_MAX_BYTES;

/** All callers' bodies in memory that have not come whole yet. */
const BODIES_MAX_BYTES = 8 * BODY_MAX_BYTES;

/** Enough for the largest body at half a megabyte a second. */
const REQUEST_TIMEOUT_MS = 100_000;

/** The specification wants 4xx from a server that is not ready. */
const NOT_READY = 400;

const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 409,
  RESOURCE_EXHAUSTED: 413,
  UNAVAILABLE: 503,
};

export interface HttpInferenceOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  /** True: the user allowed an address that other machines can reach. */
  readonly insecure: boolean;
  /** HTTPS, for clients with a certificate of its authorities. Default: plain HTTP, for everybody. */
  readonly tls?: TlsIdentity | undefined;
  readonly desk: InferenceDesk;
  readonly log: Logger;
}

/** The caller has gone: nobody reads this answer. */
const GONE: Answer = { status: 499, body: {} };

interface Answer {
  readonly status: number;
  readonly body: Buffer | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export class HttpInferenceListener {
  /** `HOST:PORT` with the actual port. */
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.address = formatAddress({ host, port: (server.address() as AddressInfo).port });
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the address is taken or may not be used. */
  static async start({ address, insecure, tls, desk, log }: HttpInferenceOptions) {
    checkListenAddress(address, insecure || tls !== undefined);
    const { host, port } = parseAddress(address);
    const room = new BodyRoom(BODY_MAX_BYTES, BODIES_MAX_BYTES);
    const answer: RequestListener = (request, response) => {
      const strange = strangeRequest(request, host);
      if (strange !== undefined) {
        send(response, { status: strange.status, body: { error: strange.message } });
        return;
      }
      const over = new AbortController();
      response.once('close', () => over.abort(new LyceumError('CANCELLED', 'the caller has gone')));
      answered({ desk, room }, request, over.signal)
        .catch((err: unknown) => refusal(err, over.signal, log))
        .then((answer) => send(response, answer))
        .catch((err: unknown) => log.error({ err }, 'answer was not sent'));
    };
    const server = boundedServer(answer, tls, REQUEST_TIMEOUT_MS);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (err) => {
        const message = `cannot listen on ${address}: ${err.message}`;
        reject(new LyceumError('FAILED_PRECONDITION', message, { cause: err }));
      });
      server.listen(port, host, resolve);
    });
    const listener = new HttpInferenceListener(server, host);
    log.info({ address: listener.address }, 'HTTP server started');
    return listener;
  }

  /** Takes no new connections, lets requests in progress finish for `graceMs`, then cuts off the rest. */
  stop(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const force = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      this.#server.close(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }
}

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|config|infer))?$/;

/** What requests are answered with. */
interface Means {
  readonly desk: InferenceDesk;
  readonly room: BodyRoom;
}

async function answered(
  { desk, room }: Means,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0]?.replace(/\/$/, '') ?? '';
  const [, rawName = '', rawVersion = '', action = ''] = MODEL.exec(path) ?? [];
  const want = action === 'infer' ? 'POST' : 'GET';
  if (request.method !== want) {
    return { status: 405, body: { error: `${path} takes ${want}` }, headers: { allow: want } };
  }
  if (path === '/v2') {
    const { extensions, ...server } = desk.server;
    return ok({ ...server, extensions: ['binary_tensor_data', ...extensions] });
  }
  if (path === '/v2/health/live') return ok({ live: true });
  if (path === '/v2/health/ready') return readiness(desk.isReady);
  const [name, version] = [decoded(rawName), decoded(rawVersion)];
  if (name === '') throw new LyceumError('NOT_FOUND', `${path} is not offered here`);
  switch (action) {
    case 'ready':
      return readiness(desk.has(name, version));
    case 'config':
      return ok(httpConfigOf(desk.config(name, version)));
    case 'infer':
      return inferred({ desk, room }, request, { name, version }, signal);
    default:
      return ok(desk.metadata(name, version));
  }
}

async function inferred(
  { desk, room }: Means,
  request: IncomingMessage,
  model: { readonly name: string; readonly version: string },
  signal: AbortSignal,
): Promise<Answer> {
  const { [HEADER_LENGTH]: headerLength, 'content-encoding': encoding = 'identity' } =
    request.headers;
  if (encoding !== 'identity') {
    return { status: 415, body: { error: `content-encoding ${encoding} is not offered` } };
  }
  const question = httpQuestionOf(await room.bodyOf(request), headerLength?.toString(), model);
  const answer = await desk.infer(question.request, signal, (output) =>
    httpAnswerOf(question, output),
  );
  if (answer.headerLength === undefined) return ok(answer.body);
  const type = { 'content-type': 'application/octet-stream' };
  return ok(answer.body, { ...type, [HEADER_LENGTH]: String(answer.headerLength) });
}

/** Returns a part that cannot be decoded unchanged: no model has such a name. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function ok(body: Buffer | object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, body, headers };
}

function readiness(ready: boolean): Answer {
  return { status: ready ? 200 : NOT_READY, body: { ready } };
}

/** An unknown error is a bug: the log gets all of it, and the client learns only that there was one. */
function refusal(thrown: unknown, over: AbortSignal, log: Logger): Answer {
  if (over.aborted) {
    log.debug({ err: thrown }, 'request ended by its caller');
    return GONE;
  }
  if (!(thrown instanceof LyceumError)) {
    log.error({ err: thrown }, 'request failed');
    return { status: 500, body: { error: 'internal error' } };
  }
  const { code } = thrown;
  // The message may quote what the caller sent, which may be as long as a body.
  const message = cut(thrown.message, REASON_MAX_LETTERS);
  log.info({ code, reason: message }, 'request refused');
  const status = STATUSES[code] ?? 500;
  const later = status === 503 && { headers: { 'retry-after': '1' } };
  return { status, body: { error: message }, ...later };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.destroyed) return;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = { 'content-type': 'application/json', 'content-length': String(bytes.length) };
  response.writeHead(status, { ...type, ...headers }).end(bytes);
}
