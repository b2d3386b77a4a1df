/** Hands over values one at a time: `give` waits until `take` has taken the value. */
import { Wakeup } from '@lyceum/platform';

export class Handoff<T> {
  #offered: { readonly value: T; readonly taken: () => void } | undefined;
  readonly #wakeup = new Wakeup();

  /** Resolves once the value is taken. Call it only after the value before was taken. */
  give(value: T): Promise<void> {
    return new Promise((taken) => {
      this.#offered = { value, taken };
      this.#wakeup.wake();
    });
  }

  /** @returns undefined if no value is given within `ms`, or before {@link wake}. */
  async take(ms: number): Promise<T | undefined> {
    if (this.#offered === undefined) await this.#wakeup.wait({ ms });
    const offered = this.#offered;
    this.#offered = undefined;
    offered?.taken();
    return offered?.value;
  }

  /** Ends the wait of `take`. */
  wake(): void {
    this.#wakeup.wake();
  }
}
