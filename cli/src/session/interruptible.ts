import { setMaxListeners } from 'node:events';
import { EXIT, onInterrupt } from '@lyceum/platform';
import { CommandExit } from './exit-codes.js';

/**
 * Runs work that Ctrl-C ends.
 *
 * @param signals - signals that end the work.
 * @throws {CommandExit} 130 if a signal ended the work.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signals: readonly NodeJS.Signals[] = ['SIGINT'],
): Promise<T> {
  const interrupted = new AbortController();
  // Each request has a listener: many at a time are no leak, so Node need not warn.
  setMaxListeners(0, interrupted.signal);
  const stopListening = onInterrupt(signals, () => interrupted.abort());
  let result: T;
  try {
    result = await work(interrupted.signal);
  } catch (err) {
    if (interrupted.signal.aborted) throw new CommandExit(EXIT.interrupted);
    throw err;
  } finally {
    stopListening();
  }
  if (interrupted.signal.aborted) throw new CommandExit(EXIT.interrupted);
  return result;
}
