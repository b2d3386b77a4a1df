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

export interface RetryOptions {
  /** All together, at least 1. */
  readonly tries: number;
  /** A peer that wants to be left alone for longer is not waited for. */
  readonly greatestDelayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Tries again, unchanged, what fails with a retryable {@link LyceumError}: when the peer says, else with growing delays.
 *
 * @throws what the last try threw.
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries, greatestDelayMs, random, signal } = options;
  const isAborted = (): boolean => signal?.aborted === true;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (err) {
      const isOver = failures + 1 >= tries || isAborted();
      if (isOver || !(err instanceof LyceumError && err.retryable)) throw err;
      const own = retryDelayMs(failures, random());
      const delayMs = err instanceof RetryLaterError ? Math.max(own, err.retryAfterMs) : own;
      if (delayMs > greatestDelayMs) throw err;
      await sleep(delayMs, signal);
      if (isAborted()) throw err;
    }
  }
}
