/** How long to wait before trying again. */

const FIRST_MS = 100;
const GREATEST_MS = 10_000;

/**
 * Capped exponential backoff with jitter, so that many workers that lost one coordinator do not all come back at the
 * same moment: uniform in [d/2, d), d = min(100 · 2^attempt, 10,000).
 *
 * @param attempt - failures so far, from 0.
 * @param random - uniform in [0, 1), `Math.random()`.
 * @returns milliseconds.
 */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** attempt, GREATEST_MS);
  return Math.round((full / 2) * (1 + random));
}

/** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
