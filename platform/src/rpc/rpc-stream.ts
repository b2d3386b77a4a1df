/** Node streams of gRPC messages as an async iterable and a `send` that waits. For both ends of a call. */
import type { Readable, Writable } from 'node:stream';
import { LyceumError } from '@lyceum/proto';

/**
 * The messages that arrive. Leaving the loop early does not end the call: messages in the other direction and the
 * status can still be sent.
 *
 * @param failed - turns an error of the stream into the one that the loop throws.
 */
export async function* messagesOf<T>(
  stream: Readable,
  failed: (thrown: unknown) => Error,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<T>;
  } catch (err) {
    throw failed(err);
  }
}

/**
 * Writes messages with backpressure: the promise resolves once the stream accepts more, so a caller that awaits it
 * buffers only a few messages, however slow the peer is.
 *
 * @param failed - the error to throw if the stream is gone.
 */
export function senderTo<T>(stream: Writable, failed: () => Error): (message: T) => Promise<void> {
  let draining: Promise<void> | undefined;
  return async (message) => {
    if (stream.destroyed || stream.writableEnded) throw failed();
    if (stream.write(message)) return;
    // All senders share one wait.
    draining ??= drained(stream, failed).finally(() => {
      draining = undefined;
    });
    await draining;
  };
}

/** The error of a handler's loop and sends once the caller has gone. */
export function callerGone(): LyceumError {
  return new LyceumError('CANCELLED', 'the caller has gone');
}

function drained(stream: Writable, failed: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => () => {
      for (const [event, listener] of listeners) stream.off(event, listener);
      done();
    };
    const lost = settle(() => reject(failed()));
    const listeners = [
      ['drain', settle(resolve)],
      ['error', lost],
      ['close', lost],
      // A client's stream ends like this; it stays open for reading, and never drains.
      ['status', lost],
    ] as const;
    for (const [event, listener] of listeners) stream.once(event, listener);
  });
}
