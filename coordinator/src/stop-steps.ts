/** Stops parts in the reverse order of their start, once. */
export class StopSteps {
  readonly #steps: (() => Promise<void>)[] = [];
  readonly #failedToo: (err: unknown) => void;
  #stopped: Promise<void> | undefined;

  /** @param failedToo - called with the error of each failed step after the first. */
  constructor(failedToo: (err: unknown) => void) {
    this.#failedToo = failedToo;
  }

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Repeats an action until the parts are stopped. */
  every(intervalMs: number, action: () => void): void {
    const timer = setInterval(action, intervalMs);
    this.add(async () => clearInterval(timer));
  }

  /** Takes every step, even if others fail. @throws the error of the first step that failed. */
  stopAll(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (err) {
        failures.push(err);
      }
    }
    if (failures.length === 0) return;
    const [first, ...others] = failures;
    for (const err of others) this.#failedToo(err);
    throw first;
  }
}
