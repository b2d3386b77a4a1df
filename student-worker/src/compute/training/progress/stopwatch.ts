/** Seconds of training and of waiting, in this assignment and in the run so far. The clock is a parameter. */

export interface Seconds {
  readonly trainingSeconds: number;
  /** The parts of `trainingSeconds` spent waiting for targets, and for pictures. */
  readonly waitingSeconds: number;
  readonly dataWaitingSeconds: number;
}

export const NO_SECONDS: Seconds = {
  trainingSeconds: 0,
  waitingSeconds: 0,
  dataWaitingSeconds: 0,
};

export class Stopwatch {
  readonly #now: () => number;
  readonly #before: Seconds;
  #startedAt: number | undefined;
  #waitingMs = 0;
  #dataWaitingMs = 0;

  /**
   * @param now - milliseconds that never fall.
   * @param before - seconds of the run's earlier assignments.
   */
  constructor(now: () => number, before: Seconds) {
    this.#now = now;
    this.#before = before;
  }

  /** Begins once targets are being made, or else with the first step; later calls change nothing. */
  start(): void {
    this.#startedAt ??= this.#now();
  }

  /** Waits for targets, and counts the time since {@link start}: what came before is not time of the training. */
  async waiting<T>(wait: () => Promise<T>): Promise<T> {
    const from = this.#now();
    const result = await wait();
    this.#waitingMs += this.#countedSince(from);
    return result;
  }

  /** As {@link waiting}, for pictures. */
  async waitingForData<T>(wait: () => Promise<T>): Promise<T> {
    const from = this.#now();
    const result = await wait();
    this.#dataWaitingMs += this.#countedSince(from);
    return result;
  }

  #countedSince(from: number): number {
    return this.#startedAt === undefined ? 0 : this.#now() - Math.max(from, this.#startedAt);
  }

  /** Seconds since this assignment's {@link start}. */
  get assignment(): Seconds {
    const trainingMs = this.#startedAt === undefined ? 0 : this.#now() - this.#startedAt;
    return {
      trainingSeconds: trainingMs / 1000,
      waitingSeconds: this.#waitingMs / 1000,
      dataWaitingSeconds: this.#dataWaitingMs / 1000,
    };
  }

  get run(): Seconds {
    const { trainingSeconds, waitingSeconds, dataWaitingSeconds } = this.assignment;
    return {
      trainingSeconds: this.#before.trainingSeconds + trainingSeconds,
      waitingSeconds: this.#before.waitingSeconds + waitingSeconds,
      dataWaitingSeconds: this.#before.dataWaitingSeconds + dataWaitingSeconds,
    };
  }
}
