/** Waits for NATS: a program may start before NATS does. */
import { connect as connectSocket } from 'node:net';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { retryDelayMs, sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import { hostOf, portOf } from './nats-address.js';
import { connectNats, type Nats, type NatsOptions } from './nats-connection.js';

/** How long a server may take to say hello. */
const GREETING_MS = 4_000;
/** While the wait has the same reason, the log repeats it this often. */
const TELL_AGAIN_MS = 60_000;
/**
 * After this many connections that greeted and then failed, the server counts as refusing: a server refuses a client's
 * certificate without a word, while a slow server does not fail time after time.
 */
const REFUSALS = 5;

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
 * A failure that only a person can mend ends the wait: a server that refuses user or certificate, or that keeps
 * greeting and never lets this program in.
 *
 * @throws {LyceumError} as {@link connectNats}, but not UNAVAILABLE; CANCELLED if the wait is given up.
 */
export function awaitNats(options: NatsOptions, waiting: Waiting): Promise<Nats> {
  const { url, tls } = options;
  let refusals = 0;
  return untilNatsAnswers(waiting, async () => {
    try {
      return await connectNats(options);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (!err.retryable || tls === undefined) throw err;
      refusals = (await isGreeting(url)) ? refusals + 1 : 0;
      if (refusals < REFUSALS) throw err;
      throw new LyceumError('PERMISSION_DENIED', err.message, { cause: err });
    }
  });
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

/** True if a NATS server greets at this address: it does so in plain text, before TLS. */
function isGreeting(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(portOf(url), hostOf(url));
    const end = (greets: boolean) => () => {
      socket.destroy();
      resolve(greets);
    };
    socket.setTimeout(GREETING_MS, end(false));
    socket.once('error', end(false));
    socket.once('close', end(false));
    socket.once('data', (data) => end(data.subarray(0, 4).toString() === 'INFO')());
  });
}
