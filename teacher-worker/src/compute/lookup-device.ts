/**
 * A simulated device that the looked-up teachers of a process share: it does one task after another, each for a given
 * number of milliseconds.
 *
 * The device has its own clock. A device on another machine does not wait while this machine's cores are busy with
 * other work. So a late wake-up costs the device nothing, if the next question was ready.
 */
export class LookupDevice {
  readonly #nowMs: () => number;
  readonly #wait: (ms: number) => Promise<unknown>;
  /** When the device's last task is done. */
  #doneMs = 0;
  /** When the call that waited for that task went on. */
  #wokenMs = 0;

  /** @param nowMs - milliseconds that only rise. */
  constructor(nowMs: () => number, wait: (ms: number) => Promise<unknown>) {
    this.#nowMs = nowMs;
    this.#wait = wait;
  }

  /** Resolves when the device has been busy for so long. Call it again only then. */
  async occupy(durationMs: number): Promise<void> {
    const calledMs = this.#nowMs();
    // Between an answer and the next question the device is idle for as long as the host is.
    const idleMs = calledMs - this.#wokenMs;
    this.#doneMs = Math.max(calledMs, this.#doneMs + idleMs + durationMs);
    await this.#wait(this.#doneMs - calledMs);
    this.#wokenMs = this.#nowMs();
  }
}
