/**
 * Adapts async handlers to grpc-js callbacks. A handler returns a response, or throws a {@link LyceumError}, which
 * becomes the call's status; any other error is logged and answered with INTERNAL.
 */
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type * as grpc from '@grpc/grpc-js';
import { LyceumError } from '@lyceum/proto';
import { joinSignals } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import { statusOf } from './rpc-status.js';
import { callerGone, messagesOf, senderTo } from './rpc-stream.js';
import { type SessionHolder, sessionHolderIn } from './session-key.js';

export interface CallContext {
  /**
   * Aborts when the call is over: its caller cancels, disconnects or runs out of time, or the program is `stopping`.
   * Pass it on to what you call.
   */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The worker process that the call's metadata names; undefined: none. */
  readonly holder: SessionHolder | undefined;
}

/** The context, and what only this file uses of it. */
interface ServedCall extends CallContext {
  /** Aborts when the caller has gone: nobody can be told any more how the call ends. */
  readonly gone: AbortSignal;
  /** To be called when the handler has ended. */
  handled(): void;
}

/** One request, one response. */
export function unary<Req, Res>(
  log: Logger,
  handler: (request: Req, context: CallContext) => Promise<Res>,
): grpc.handleUnaryCall<Req, Res> {
  return (call, callback) => {
    const context = contextOf(call, log);
    settle(handler(call.request, context), context, callback);
  };
}

/**
 * One request, many responses; each is asked of the iterable when the caller can take it.
 *
 * @param options.stallMs - how long the caller may go without taking a response. Default: for ever.
 * @param options.stopping - aborts the call's signal, with its reason. Default: the call may take its time.
 */
export function serverStream<Req, Res>(
  log: Logger,
  handler: (request: Req, context: CallContext) => AsyncIterable<Res>,
  { stallMs, stopping }: { readonly stallMs?: number; readonly stopping?: AbortSignal } = {},
): grpc.handleServerStreamingCall<Req, Res> {
  return (call) => {
    const context = contextOf(call, log, stopping);
    const send = senderTo<Res>(call, callerGone);
    const sendAll = async (): Promise<void> => {
      for await (const response of handler(call.request, context)) {
        await (stallMs === undefined ? send(response) : inTime(send(response), stallMs, 'taken'));
      }
    };
    end(sendAll(), call, context);
  };
}

/** Waits for the caller to take or send a message, for at most `stallMs`. */
async function inTime<T>(done: Promise<T>, stallMs: number, what: 'taken' | 'sent'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the caller has ${what} nothing for ${stallMs / 1000} s`;
      reject(new LyceumError('DEADLINE_EXCEEDED', message));
    }, stallMs);
  });
  done.catch(() => undefined);
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Many requests, one response.
 *
 * @param options.stallMs - how long the caller may go without sending while the handler waits. Default: for ever.
 */
export function clientStream<Req, Res>(
  log: Logger,
  handler: (requests: AsyncIterable<Req>, context: CallContext) => Promise<Res>,
  { stallMs }: { readonly stallMs?: number } = {},
): grpc.handleClientStreamingCall<Req, Res> {
  return (call, callback) => {
    const context = contextOf(call, log);
    const all = requestsOf<Req>(call, context.signal);
    const requests = stallMs === undefined ? all : arriving(all, stallMs);
    settle(handler(requests, context), context, callback);
  };
}

/** The requests; throws if the next one does not come in time. */
async function* arriving<Req>(
  requests: AsyncGenerator<Req, void, undefined>,
  stallMs: number,
): AsyncGenerator<Req, void, undefined> {
  try {
    for (;;) {
      const next = await inTime(requests.next(), stallMs, 'sent');
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: if the next request does not come, this waits until the call is over.
    void requests.return();
  }
}

/**
 * Many requests, many responses, independently. `send` resolves when the stream accepts more. The call ends
 * when the handler returns, whether or not all requests were read.
 *
 * @param options.stopping - as of {@link serverStream}.
 */
export function duplex<Req, Res>(
  log: Logger,
  handler: (
    requests: AsyncIterable<Req>,
    send: (response: Res) => Promise<void>,
    context: CallContext,
  ) => Promise<void>,
  { stopping }: { readonly stopping?: AbortSignal } = {},
): grpc.handleBidiStreamingCall<Req, Res> {
  return (call) => {
    const context = contextOf(call, log, stopping);
    const requests = requestsOf<Req>(call, context.signal);
    end(handler(requests, senderTo<Res>(call, callerGone), context), call, context);
  };
}

async function* requestsOf<Req>(
  call: Readable,
  signal: AbortSignal,
): AsyncGenerator<Req, void, undefined> {
  yield* messagesOf<Req>(call, callerGone);
  // A call that is cut off looks at first like one whose caller is done. Node closes its stream one turn later.
  await setImmediate();
  await setImmediate();
  signal.throwIfAborted();
}

type ServerCall = {
  readonly metadata: grpc.Metadata;
  getPath(): string;
  getPeer(): string;
  on(event: 'cancelled', listener: () => void): unknown;
};

function contextOf(call: ServerCall, log: Logger, stopping?: AbortSignal): ServedCall {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort(callerGone()));
  const over = joinSignals(stopping === undefined ? [gone.signal] : [gone.signal, stopping]);
  return {
    gone: gone.signal,
    handled: over.letGo,
    signal: over.signal,
    log: log.child({ method: call.getPath(), peer: call.getPeer() }),
    holder: sessionHolderIn(call.metadata),
  };
}

function settle<Res>(
  outcome: Promise<Res>,
  call: ServedCall,
  callback: grpc.sendUnaryData<Res>,
): void {
  outcome.then(
    (response) => callback(null, response),
    (err: unknown) => {
      if (call.gone.aborted) ended(err, call);
      else callback(statusOf(err, call.log));
    },
  );
}

function end(
  outcome: Promise<void>,
  call: { end(): unknown; emit(event: 'error', status: object): boolean },
  context: ServedCall,
): void {
  void outcome.finally(context.handled).then(
    () => call.end(),
    (err: unknown) => {
      if (context.gone.aborted) ended(err, context);
      else call.emit('error', statusOf(err, context.log));
    },
  );
}

/** The caller has gone: nobody can be told, and errors of the handler that follow from it do not matter. */
function ended(err: unknown, { log }: CallContext): void {
  log.debug({ err }, 'call ended by its caller');
}
