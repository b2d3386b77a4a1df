/** Failures of parts that a worker cannot work without. */
import { LyceumError } from '@lyceum/proto';
import type { Nats } from '../nats/index.js';

/** Rejects with the first rejection of these promises; never resolves. */
export async function firstOf(parts: readonly Promise<void>[]): Promise<never> {
  await Promise.all(parts);
  return new Promise(() => {});
}

/** @throws {LyceumError} UNAVAILABLE once the connection has closed by itself. */
export async function lostNats(nats: Pick<Nats, 'closed'>, stopping: AbortSignal): Promise<void> {
  await nats.closed;
  if (!stopping.aborted) throw new LyceumError('UNAVAILABLE', 'the NATS connection was closed');
}

/** Throws once a thread has died. A worker that cannot compute must not stay: it would be given the next work. */
export async function death(died: Promise<Error>): Promise<void> {
  throw await died;
}
