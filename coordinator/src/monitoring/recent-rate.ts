/**
 * Samples per second of the last moments, from counters that only rise.
 *
 * Reports come once a second and at each end of an epoch, so two of them may be milliseconds apart, with a
 * validation pass between them; a rate of such a pair would jump. So it is told over one to two windows.
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

  /** @returns samples per second up to this reading; before there is one, 0. */
  add(samples: number, seconds: number): number {
    const now = { samples, seconds };
    // A new assignment counts again, from its checkpoint on.
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
