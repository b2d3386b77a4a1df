/** What was started, stopped in reverse order, once. */
export class StopSteps {
  readonly #steps: (() => Promise<void>)[] = [];
  readonly #failedToo: (err: unknown) => void;
  #stopped: Promise<void> | undefined;

  /** @param failedToo - told what each step threw that failed after the first. */
  constructor(failedToo: (err: unknown) => void) {
    this.#failedToo = failedToo;
  }

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Does something again and again until it is stopped. */
  every(intervalMs: number, action: () => void): void {
    const timer = setInterval(action, intervalMs);
    this.add(async () => clearInterval(timer));
  }

  /** Each step is taken, whatever came of the others. @throws what the first that failed threw. */
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
