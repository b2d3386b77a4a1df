/** Waits for NATS: a program may start before NATS does. */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { retryDelayMs, sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import { connectNats, type Nats, type NatsOptions } from './nats-connection.js';

/** While the wait has the same reason, the log repeats it this often. */
const TELL_AGAIN_MS = 60_000;

/** How a program that is there before NATS waits for it. */
export interface Waiting {
  /** Aborts to give up the wait. */
  readonly signal: AbortSignal;
  /** Called with the reason after each failed attempt. */
  readonly tell: (reason: string) => void;
  /** Uniform in [0, 1), `Math.random`. */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * {@link connectNats} for a program that may start before NATS does: it waits as long as nobody answers.
 *
 * A failure that only a person can mend ends the wait: a server that refuses user or certificate. The program ends
 * then; started again, it reads its files anew.
 *
 * @throws {LyceumError} as {@link connectNats}, but not UNAVAILABLE; CANCELLED if the wait is given up.
 */
export function awaitNats(options: NatsOptions, waiting: Waiting): Promise<Nats> {
  return untilNatsAnswers(waiting, () => connectNats(options));
}

/**
 * Repeats `attempt` with growing pauses for as long as it fails for a passing reason. Logs the reason when it changes,
 * and else rarely.
 *
 * @throws {LyceumError} CANCELLED if the wait is given up; whatever else `attempt` throws.
 */
export async function untilNatsAnswers<T>(
  { signal, tell, random, log }: Waiting,
  attempt: () => Promise<T>,
): Promise<T> {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let told = '';
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await attempt();
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (!err.retryable) throw err;
      tell(`waiting for NATS: ${err.message}`);
      if (err.message !== told || performance.now() - toldAtMs >= TELL_AGAIN_MS) {
        toldAtMs = performance.now();
        told = err.message;
        log.warn({ reason: err.message }, 'waiting for NATS');
      }
    }
    await sleep(retryDelayMs(failures, random()), signal);
  }
  throw new LyceumError('CANCELLED', 'no longer waiting for NATS');
}
