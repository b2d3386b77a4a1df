/** Seconds of training and of waiting, in this assignment and in the run so far. The clock is a parameter. */
export class Stopwatch {
  readonly #now: () => number;
  readonly #before: { readonly trainingSeconds: number; readonly waitingSeconds: number };
  #startedAt: number | undefined;
  #waitingMs = 0;

  /**
   * @param now - milliseconds that never fall.
   * @param before - of the run's earlier assignments.
   */
  constructor(
    now: () => number,
    before: { readonly trainingSeconds: number; readonly waitingSeconds: number },
  ) {
    this.#now = now;
    this.#before = before;
  }

  /** Begins with the first step; later calls change nothing. */
  start(): void {
    this.#startedAt ??= this.#now();
  }

  /** Waits, and counts it, unless it is before the first step: that is not the training's. */
  async waiting<T>(wait: () => Promise<T>): Promise<T> {
    const from = this.#now();
    const result = await wait();
    if (this.#startedAt !== undefined) this.#waitingMs += this.#now() - from;
    return result;
  }

  /** Since this assignment's first step. */
  get assignment(): { readonly trainingSeconds: number; readonly waitingSeconds: number } {
    const trainingMs = this.#startedAt === undefined ? 0 : this.#now() - this.#startedAt;
    return { trainingSeconds: trainingMs / 1000, waitingSeconds: this.#waitingMs / 1000 };
  }

  get run(): { readonly trainingSeconds: number; readonly waitingSeconds: number } {
    const { trainingSeconds, waitingSeconds } = this.assignment;
    return {
      trainingSeconds: this.#before.trainingSeconds + trainingSeconds,
      waitingSeconds: this.#before.waitingSeconds + waitingSeconds,
    };
  }
}
