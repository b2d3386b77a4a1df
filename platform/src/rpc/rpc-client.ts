/**
 * Calls to a gRPC server as promises and async iterables that throw {@link LyceumError}s with the status'
 * code. If nobody answers at an address, the error is UNAVAILABLE and names the address.
 */
import type { Readable } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import { type LyceumError, MESSAGE_MAX_BYTES, UNARY_DEADLINE_MS } from '@lyceum/proto';
import { channelTo, type TlsIdentity } from '../tls/index.js';
import { ChannelAnew } from './channel-anew.js';
import { errorOf } from './rpc-status.js';
import { messagesOf, senderTo } from './rpc-stream.js';
import type { ClientConstructor } from './services.js';

/**
 * A peer that is stopped or unplugged is noticed after at most 30 s, on both sides. That is longer than a thread with
 * connections is ever blocked: heavy computing has threads of its own.
 */
export const KEEPALIVE_OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 20_000,
} as const;

/** Room for several frames under way, so that a stream is not limited to one window per round trip. */
const FLOW_CONTROL_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * A client for `address`, `HOST:PORT`. It connects at the first call, and again when needed.
 *
 * @param tls - default: without TLS.
 */
export function connect<C extends grpc.Client>(
  Client: ClientConstructor<C>,
  address: string,
  tls?: TlsIdentity,
): C {
  const { credentials, options } = channelTo(address, tls);
  return new Client(address, credentials, {
    ...options,
    'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
    ...KEEPALIVE_OPTIONS,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
    // Callers decide about retries; gRPC's own would keep copies of all that is sent.
    'grpc.enable_retries': 0,
    // A worker should be back soon after its coordinator is.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2_000,
    // A server may come back at another address, which DNS may not know yet at the first lookup; gRPC would look it up
    // again only after 30 s.
    'grpc.dns_min_time_between_resolutions_ms': 2_000,
    'grpc.enable_http_proxy': 0,
    channelFactoryOverride: (target, secrets, settings) =>
      new ChannelAnew(() => new grpc.Channel(target, secrets, settings)),
  });
}

export interface CallOptions {
  /** Default {@link UNARY_DEADLINE_MS}. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Metadata to send, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers in gRPC's form, for streaming calls. */
export function callMetadata(headers: Readonly<Record<string, string>>): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

type UnaryMethod<Req, Res> = (
  request: Req,
  metadata: grpc.Metadata,
  options: Partial<grpc.CallOptions>,
  callback: (error: grpc.ServiceError | null, response: Res) => void,
) => grpc.ClientUnaryCall;

/**
 * One unary call, `call(client, client.getRun, { runId })`.
 *
 * @throws {LyceumError} with the status' code; CANCELLED if `signal` aborts.
 */
export function call<Req, Res>(
  client: grpc.Client,
  method: UnaryMethod<Req, Res>,
  request: Req,
  options: CallOptions = {},
): Promise<Res> {
  const { deadlineMs = UNARY_DEADLINE_MS, signal, headers = {} } = options;
  const metadata = callMetadata(headers);
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + deadlineMs;
    const cancel = (): void => cancelSoon(started);
    const started = method.call(client, request, metadata, { deadline }, (err, response) => {
      signal?.removeEventListener('abort', cancel);
      if (err === null) resolve(response);
      else reject(errorOf(err, client.getChannel().getTarget()));
    });
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
  });
}

export interface ServerStreamCall<Res> {
  /** Ends when the server ends the call with OK; otherwise throws a {@link LyceumError}. */
  readonly incoming: AsyncIterable<Res>;
  cancel(): void;
}

export interface DuplexCall<Req, Res> extends ServerStreamCall<Res> {
  /** Resolves when the stream accepts more. Throws the same as `incoming` if the call has ended. */
  send(message: Req): Promise<void>;
  /** Says that no more will be sent; the server may go on sending. */
  end(): void;
}

export interface ClientStreamCall<Req, Res> {
  /** Resolves when the stream accepts more. Throws the same as `response` if the call has ended. */
  send(message: Req): Promise<void>;
  end(): void;
  /** The server's answer, which may come before {@link ClientStreamCall.end}. */
  readonly response: Promise<Res>;
  cancel(): void;
}

/** `openServerStream(() => client.watchRun({ runId }), { signal })`; `signal` cancels the call. */
export function openServerStream<Res>(
  start: () => grpc.ClientReadableStream<Res>,
  options: { readonly signal?: AbortSignal } = {},
): ServerStreamCall<Res> {
  const stream = startReading(start());
  const outcome = outcomeOf(stream, options.signal);
  return { incoming: incomingOf<Res>(stream, outcome), cancel: () => cancelSoon(stream) };
}

/** `openDuplex(() => client.session(), { signal })`; `signal` cancels the call. */
export function openDuplex<Req, Res>(
  start: () => grpc.ClientDuplexStream<Req, Res>,
  options: { readonly signal?: AbortSignal } = {},
): DuplexCall<Req, Res> {
  const stream = startReading(start());
  const outcome = outcomeOf(stream, options.signal);
  return {
    send: sendOn<Req>(stream, outcome),
    incoming: incomingOf<Res>(stream, outcome),
    end: () => void stream.end(),
    cancel: () => cancelSoon(stream),
  };
}

type ClientStreamMethod<Req, Res> = (
  callback: (error: grpc.ServiceError | null, response: Res) => void,
) => grpc.ClientWritableStream<Req>;

/** `openClientStream((done) => client.pushArtifact(done), { signal })`; `signal` cancels the call. */
export function openClientStream<Req, Res>(
  start: ClientStreamMethod<Req, Res>,
  options: { readonly signal?: AbortSignal } = {},
): ClientStreamCall<Req, Res> {
  let answer: { readonly value: Res } | undefined;
  const stream = start((err, value) => {
    if (err === null) answer = { value };
  });
  const outcome = outcomeOf(stream, options.signal);
  const response = outcome.then((failure) => {
    if (failure !== undefined) throw failure;
    if (answer === undefined) throw errorOf(NO_ANSWER, stream.getPeer());
    return answer.value;
  });
  // A caller that is still sending learns of a failure from `send`, and may never await the response.
  response.catch(() => undefined);
  return {
    send: sendOn<Req>(stream, outcome),
    end: () => void stream.end(),
    response,
    cancel: () => cancelSoon(stream),
  };
}

/**
 * Cancels in a turn of its own. The caller may have been woken by the end of another call on the same connection, from
 * inside Node's reading of it. A reset that is written from there can make HTTP/2 pack one frame for ever, and the
 * process then answers nobody any more (Node 20).
 */
function cancelSoon(call: { cancel(): void }): void {
  setImmediate(() => call.cancel());
}

const NO_ANSWER = { code: grpc.status.INTERNAL, details: 'the call ended without an answer' };

/**
 * grpc-js applies backpressure only after the first read: before that it buffers without limit. This reads nothing,
 * and switches the backpressure on.
 */
function startReading<S extends Readable>(stream: S): S {
  stream.read(0);
  return stream;
}

/** Resolves when the call has ended: with undefined if it succeeded, else with its error. */
function outcomeOf(
  stream: grpc.ClientUnaryCall,
  signal: AbortSignal | undefined,
): Promise<LyceumError | undefined> {
  const cancel = (): void => cancelSoon(stream);
  if (signal?.aborted === true) cancel();
  else signal?.addEventListener('abort', cancel, { once: true });
  // The status says the same; an error without a listener would end the process.
  stream.on('error', () => undefined);
  return new Promise((resolve) => {
    stream.once('status', (status: grpc.StatusObject) => {
      signal?.removeEventListener('abort', cancel);
      const ok = status.code === grpc.status.OK;
      resolve(ok ? undefined : errorOf(status, stream.getPeer()));
    });
  });
}

async function* incomingOf<Res>(
  stream: grpc.ClientReadableStream<Res>,
  outcome: Promise<LyceumError | undefined>,
): AsyncGenerator<Res, void, undefined> {
  try {
    yield* messagesOf<Res>(stream, (thrown) => thrown as Error);
  } catch (err) {
    throw (await outcome) ?? err;
  }
  // grpc-js only emits the error: a loop that begins after it would see a normal end.
  const failure = await outcome;
  if (failure !== undefined) throw failure;
}

function sendOn<Req>(
  stream: grpc.ClientWritableStream<Req>,
  outcome: Promise<LyceumError | undefined>,
): (message: Req) => Promise<void> {
  const gone = (): LyceumError => errorOf(GONE, stream.getPeer());
  let ended = false;
  void outcome.then(() => {
    ended = true;
  });
  const send = senderTo<Req>(stream, gone);
  return async (message) => {
    // A stream that was full at its end never drains.
    if (ended) throw (await outcome) ?? gone();
    if (stream.writableEnded) throw new Error('sent after the end of sending');
    try {
      await send(message);
    } catch (err) {
      throw (await outcome) ?? err;
    }
    if (ended) throw (await outcome) ?? gone();
  };
}

const GONE = { code: grpc.status.UNAVAILABLE, details: 'the call has ended' };
