/** When calls may begin so that no second and no minute has too many. Pure: the clock is a parameter. */

export interface Rate {
  /** Calls begun in any second, at most; absent: any number. */
  readonly perSecond?: number | undefined;
  /** Calls begun in any minute, at most. */
  readonly perMinute?: number | undefined;
}

export class Pace {
  readonly #windows: readonly { readonly count: number; readonly ms: number }[];
  readonly #kept: number;
  /** Times of the newest begins, rising; some lie in the future. */
  #begins: number[] = [];
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, perMinute }: Rate) {
    const windows = [
      { count: perSecond, ms: 1_000 },
      { count: perMinute, ms: 60_000 },
    ];
    this.#windows = windows.flatMap(({ count, ms }) =>
      count === undefined ? [] : [{ count, ms }],
    );
    this.#kept = Math.max(0, ...this.#windows.map(({ count }) => count));
  }

  /** Takes the next begin: the earliest time, not before `nowMs`, at which one more call breaks no limit. */
  claim(nowMs: number): number {
    const beginMs = this.#windows.reduce(
      (latest, { count, ms }) => {
        const before = this.#begins.at(-count);
        return before === undefined ? latest : Math.max(latest, before + ms);
      },
      Math.max(nowMs, this.#heldUntilMs, this.#begins.at(-1) ?? nowMs),
    );
    if (this.#kept > 0) this.#begins = [...this.#begins, beginMs].slice(-this.#kept);
    return beginMs;
  }

  /** No call begins before `untilMs`: the server asked for that. */
  hold(untilMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs);
  }

  /** Calls that claimed a begin before this time must claim another. −∞: no call is held. */
  get heldUntilMs(): number {
    return this.#heldUntilMs;
  }
}
