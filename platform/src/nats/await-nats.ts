/** Waits for NATS in a program that may be there before it. */
import { connect as connectSocket } from 'node:net';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { retryDelayMs, sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import { hostOf, portOf } from './nats-address.js';
import { connectNats, type Nats, type NatsOptions } from './nats-connection.js';

/** How long a server may take to say hello. */
const GREETING_MS = 4_000;
/** While NATS is awaited for one reason it is said again. */
const TELL_AGAIN_MS = 60_000;
/**
 * So often a server may greet and then not let in: it refuses a certificate without a word, and one that is only slow
 * does not do so time after time.
 */
const REFUSALS = 5;

/** How a program that is there before NATS waits for it. */
export interface Waiting {
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Told each time why it is not there yet. */
  readonly tell: (reason: string) => void;
  /** Uniform in [0, 1), `Math.random`. */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * {@link connectNats} for a program that may be there before NATS is: it waits for as long as nobody answers.
 *
 * What only a person can put right ends the wait: a server that refuses user or certificate says so at once, or goes on
 * being there without ever letting this program in.
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
 * Does something with NATS until it does not fail for a reason that passes, with growing pauses. Says so in the log when
 * the reason changes, and else rarely.
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

/** True if a NATS server says hello there, in the open as it does before TLS. */
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
