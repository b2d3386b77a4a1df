/** Repeats failed calls where that may help. */
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

/** Pause for a peer that limits its callers, as by HTTP 429, without saying for how long. */
export const LIMIT_PAUSE_MS = 1_000;

export interface RetryOptions {
  /**
   * At least 1. Tries during which {@link RetryOptions.answers} rose do not count: there may be more tries than this.
   */
  readonly tries: number;
  /**
   * Number of answers that other calls got from the peer: if it rises, the peer is there, but busy. Default: not
   * known.
   */
  readonly answers?: () => number;
  /** Retryable failures that end the call all the same. Default: none. */
  readonly isFinal?: (err: LyceumError) => boolean;
  /** A peer that asks for a longer pause is not waited for: the call fails. */
  readonly greatestDelayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** Greatest number of tries of one call, even if other calls are answered: some calls are never answered. */
const MOST_TRIES = 20;

/**
 * Repeats a call that fails with a retryable {@link LyceumError}: after the pause that the peer asks for, else with
 * growing delays.
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
