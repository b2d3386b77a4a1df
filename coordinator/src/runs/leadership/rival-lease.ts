/**
 * Another coordinator's lease, seen by a coordinator that waits for it to end. Pure.
 *
 * Clocks of two machines are not compared: the holder changes the record every now and then, and the one that waits
 * times on its own clock how long it has been the same.
 */

/** A lease that was not renewed for so long may be taken over; it is renewed three times as often. */
export const LEASE_MS = 6_000;

export class RivalLease {
  #revision: number | undefined;
  #sinceMs = 0;

  /**
   * The record was seen at `revision`.
   *
   * @param nowMs - milliseconds that never fall.
   * @returns whether it has been so for long enough to count as abandoned.
   */
  isAbandoned(revision: number, nowMs: number): boolean {
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= LEASE_MS;
  }
}
