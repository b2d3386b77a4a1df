import { onInterrupt } from '@lyceum/proto/node';
import { CommandExit, EXIT } from './exit-codes.js';

/**
 * Work that Ctrl-C ends.
 *
 * @throws {CommandExit} 130 if it did.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const stopListening = onInterrupt(['SIGINT'], () => interrupted.abort());
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
