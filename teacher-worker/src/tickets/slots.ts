/** A counted limit that may change while it is in use. */

export class Slots {
  #limit: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A lower limit takes no slot away; it holds back later callers. */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#admit();
  }

  /**
   * Waits for a free slot, in order of arrival.
   *
   * @returns a function that frees the slot; further calls of it do nothing.
   * @throws the signal's reason if it aborts first; then there is no slot to free.
   */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve(this.#freeOnce());
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(enter);
      this.#admit();
    });
  }

  #admit(): void {
    for (const enter of this.#waiting) {
      if (this.#taken >= this.#limit) return;
      this.#taken += 1;
      this.#waiting.delete(enter);
      enter();
    }
  }

  #freeOnce(): () => void {
    let freed = false;
    return () => {
      if (freed) return;
      freed = true;
      this.#taken -= 1;
      this.#admit();
    };
  }
}
