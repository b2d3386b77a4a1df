/** How often a training tells how far it is. Pure. */
const INTERVAL_MS = 1000;
/** Ends of epochs are told too, but short epochs not each. */
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
   * @param always - there is something that must not be missed.
   * @returns whether to tell now, which then counts as told.
   */
  due(epochEnded: boolean, always: boolean): boolean {
    const nowMs = this.#now();
    const interval = epochEnded ? EPOCH_INTERVAL_MS : INTERVAL_MS;
    if (!always && nowMs - this.#toldMs < interval) return false;
    this.#toldMs = nowMs;
    return true;
  }
}
