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

  run(): Promise<void> {
    this.#stopped ??= this.#runAll();
    return this.#stopped;
  }

  async #runAll(): Promise<void> {
    for (const step of this.#steps.reverse()) await step();
  }
}
