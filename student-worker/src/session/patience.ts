/** Repeats a call until it succeeds, and waits for a peer that is away as long as needed. */
import { type Logger, retryDelayMs, sleep } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { troubleOf } from './trouble.js';

export interface Patience {
  /** Aborts to give up. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Uniform in [0, 1), `Math.random`. */
  readonly random: () => number;
}

/**
 * Calls `attempt` again, with growing pauses, for as long as it fails for a reason that may pass.
 *
 * @param what - the call's name in the log, `checkpoint upload`.
 * @throws {LyceumError} CANCELLED once `signal` has aborted.
 * @throws any other error of `attempt`.
 */
export async function patiently<T>(
  what: string,
  { signal, log, random }: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    if (signal.aborted) throw new LyceumError('CANCELLED', `${what}: given up`);
    try {
      return await attempt();
    } catch (err) {
      if (!(err instanceof LyceumError) || troubleOf(err) !== 'wait') throw err;
      if (!signal.aborted) log.warn({ what, err, failures }, 'peer awaited');
    }
    await sleep(retryDelayMs(failures, random()), signal);
  }
}

/** True if `thrown` only says that the work was given up. */
export function isGivenUp(thrown: unknown, signal: AbortSignal): boolean {
  return signal.aborted && toLyceumError(thrown).code === 'CANCELLED';
}
