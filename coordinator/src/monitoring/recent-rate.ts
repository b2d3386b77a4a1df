/**
 * Recent samples per second, from counters that only rise.
 *
 * Reports come once a second and at each end of an epoch, so two reports may be milliseconds apart, with a validation
 * pass between them. The rate between two such reports would jump, so it is taken over one to two windows.
 */

const WINDOW_SECONDS = 2;

interface Reading {
  readonly samples: number;
  readonly seconds: number;
}

export class RecentRate {
  #older: Reading = { samples: 0, seconds: 0 };
  #newer = this.#older;
  #rate = 0;

  /** @returns samples per second up to this reading; 0 while it is not known. */
  add(samples: number, seconds: number): number {
    const now = { samples, seconds };
    // A new assignment starts its counters again.
    if (seconds < this.#newer.seconds || samples < this.#newer.samples) {
      this.#older = now;
      this.#newer = now;
    }
    const since = seconds - this.#older.seconds;
    if (since > 0) this.#rate = (samples - this.#older.samples) / since;
    if (seconds - this.#newer.seconds >= WINDOW_SECONDS) {
      this.#older = this.#newer;
      this.#newer = now;
    }
    return this.#rate;
  }
}
