/** What was started, stopped in reverse order, once. */
export class StopSteps {
  readonly #steps: (() => Promise<void>)[] = [];
  #stopped: Promise<void> | undefined;

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
    if (failures.length > 0) throw failures[0];
  }
}
