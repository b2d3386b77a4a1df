/** Node streams of gRPC messages as an async iterable and a `send` that waits; for both ends of a call. */
import type { Readable, Writable } from 'node:stream';
import { LyceumError } from '@lyceum/proto';

/**
 * The messages that arrive. Leaving the loop early does not end the call: the other direction and the
 * status must still be able to go out.
 *
 * @param failed - turns what the stream threw into what the loop throws.
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
 * Writes messages with backpressure: the promise resolves once the stream takes more, so a caller that
 * waits for it buffers a few messages however slow the peer is.
 *
 * @param failed - what to throw where the stream is gone.
 */
export function senderTo<T>(stream: Writable, failed: () => Error): (message: T) => Promise<void> {
  let draining: Promise<void> | undefined;
  return async (message) => {
    if (stream.destroyed || stream.writableEnded) throw failed();
    if (stream.write(message)) return;
    // One wait for all who send meanwhile.
    draining ??= drained(stream, failed).finally(() => {
      draining = undefined;
    });
    await draining;
  };
}

/** What a handler's loop and sends throw once the caller has gone. */
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
      // How a client's stream ends; it stays open for what is still to be read, and never drains.
      ['status', lost],
    ] as const;
    for (const [event, listener] of listeners) stream.once(event, listener);
  });
}
