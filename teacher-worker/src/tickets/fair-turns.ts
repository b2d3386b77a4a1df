/**
 * Which teacher computes next: round robin over the teachers that have a ticket waiting.
 *
 * A teacher with a long queue gets no more turns than one with a short queue, so that the slowest
 * teacher of an ensemble is never starved by the others on the same worker.
 */

/** The waiting teacher after `last` in the circle; undefined if none waits. */
export function nextInRotation(
  waiting: Iterable<string>,
  last: string | undefined,
): string | undefined {
  const circle = [...waiting].sort();
  return circle.find((identity) => last === undefined || identity > last) ?? circle[0];
}

interface Waiter {
  readonly start: () => void;
}

/** Hands out turns to compute. */
export class FairTurns {
  readonly #limit: number;
  #taken = 0;
  #last: string | undefined;
  readonly #waiting = new Map<string, Waiter[]>();

  /** @param limit - greatest number of turns at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits for a turn; first come, first served among tickets of one teacher.
   *
   * @returns a function that ends the turn. Call it exactly once.
   * @throws the signal's reason if it aborts first; then there is no turn to end.
   */
  take(identity: string, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#remove(identity, waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(() => {
            this.#taken -= 1;
            this.#startNext();
          });
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.set(identity, [...(this.#waiting.get(identity) ?? []), waiter]);
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#taken >= this.#limit) return;
    const identity = nextInRotation(this.#waiting.keys(), this.#last);
    const waiter = identity === undefined ? undefined : this.#waiting.get(identity)?.[0];
    if (identity === undefined || waiter === undefined) return;
    this.#taken += 1;
    this.#last = identity;
    this.#remove(identity, waiter);
    waiter.start();
  }

  #remove(identity: string, waiter: Waiter): void {
    const rest = (this.#waiting.get(identity) ?? []).filter((other) => other !== waiter);
    if (rest.length === 0) this.#waiting.delete(identity);
    else this.#waiting.set(identity, rest);
  }
}
