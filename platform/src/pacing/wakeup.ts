/**
 * Waits until something changes. Check the condition first, with no `await` between the check and the wait: a wake-up
 * without a waiter is forgotten.
 */

interface WaitEnd {
  readonly signal?: AbortSignal;
  readonly ms?: number;
}

export class Wakeup {
  readonly #waiting = new Set<() => void>();

  /** Ends every wait. */
  wake(): void {
    for (const done of this.#waiting) done();
  }

  /** Resolves at the next {@link wake}, after `ms`, or once `signal` is aborted, whichever is first. */
  wait({ signal, ms }: WaitEnd = {}): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }
}
