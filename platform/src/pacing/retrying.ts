/** Calls that are tried again where that may help. */
import { LyceumError } from '@lyceum/proto';
import { retryDelayMs, sleep } from './backoff.js';

/** The peer says when to come back. */
export class RetryLaterError extends LyceumError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super('UNAVAILABLE', message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** How long a peer is left alone that limits its callers, as by HTTP 429, and does not say for how long. */
export const LIMIT_PAUSE_MS = 1_000;

export interface RetryOptions {
  /** At least 1. Tries after which {@link RetryOptions.answers} had risen do not count, so that there may be more. */
  readonly tries: number;
  /** How often the peer has answered others so far: if it does meanwhile, it is there, and busy. Default: not known. */
  readonly answers?: () => number;
  /** Failures that are final all the same. Default: none that is retryable. */
  readonly isFinal?: (err: LyceumError) => boolean;
  /** A peer that wants to be left alone for longer is not waited for. */
  readonly greatestDelayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** Tries of one call, however often the peer answers others: some calls no peer ever answers. */
const MOST_TRIES = 20;

/**
 * Tries again, unchanged, what fails with a retryable {@link LyceumError}: when the peer says, else with growing delays.
 *
 * @throws what the last try threw.
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries, answers = () => 0, isFinal, greatestDelayMs, random, signal } = options;
  const isAborted = (): boolean => signal?.aborted === true;
  let counted = 0;
  let answered = answers();
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (err) {
      if (isAborted() || !(err instanceof LyceumError && err.retryable)) throw err;
      if (isFinal?.(err) === true) throw err;
      const isBusy = err.code === 'UNAVAILABLE' && answers() > answered;
      counted = isBusy ? 1 : counted + 1;
      answered = answers();
      if (counted >= tries || failures + 1 >= Math.max(tries, MOST_TRIES)) throw err;
      const own = Math.min(retryDelayMs(failures, random()), greatestDelayMs);
      const delayMs = err instanceof RetryLaterError ? Math.max(own, err.retryAfterMs) : own;
      if (delayMs > greatestDelayMs) throw err;
      await sleep(delayMs, signal);
      if (isAborted()) throw err;
    }
  }
}
