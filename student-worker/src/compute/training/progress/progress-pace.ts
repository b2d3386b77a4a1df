/** How often a training reports its progress. Pure. */
const INTERVAL_MS = 1000;
/** Ends of epochs are reported too, but at most this often. */
const EPOCH_INTERVAL_MS = 100;

export class ProgressPace {
  readonly #now: () => number;
  #toldMs: number;

  /** @param now - milliseconds that never fall. */
  constructor(now: () => number) {
    this.#now = now;
    this.#toldMs = now();
  }

  /**
   * @param always - the report has something that must not be missed.
   * @returns whether to report now; if so, counts it as reported.
   */
  due(epochEnded: boolean, always: boolean): boolean {
    const nowMs = this.#now();
    const interval = epochEnded ? EPOCH_INTERVAL_MS : INTERVAL_MS;
    if (!always && nowMs - this.#toldMs < interval) return false;
    this.#toldMs = nowMs;
    return true;
  }
}
