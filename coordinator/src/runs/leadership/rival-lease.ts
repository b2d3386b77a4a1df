/**
 * Another coordinator's lease, seen by a coordinator that waits for it to end. Pure.
 *
 * Clocks of two machines are not compared. The holder changes the record at each renewal; the waiting coordinator
 * measures on its own clock how long the record has not changed.
 */

/** A lease that was not renewed for this time may be taken over. The holder renews it three times as often. */
export const LEASE_MS = 6_000;

export class RivalLease {
  #revision: number | undefined;
  #sinceMs = 0;

  /**
   * Notes that the record was seen at `revision`.
   *
   * @param nowMs - milliseconds that never fall.
   * @returns whether the record has had this revision for {@link LEASE_MS}: the lease counts as abandoned.
   */
  isAbandoned(revision: number, nowMs: number): boolean {
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= LEASE_MS;
  }
}
