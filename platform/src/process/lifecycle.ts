/**
 * How a program ends: stop intake, finish what is in hand within a budget, hand back the rest, flush, exit.
 *
 * Each part of a program registers, when it starts, how it stops. Parts stop in reverse order, so a part stops before
 * the parts that it was built on. A second signal exits at once.
 */
import { sleep } from '../pacing/index.js';
import { ENDING_SIGNALS, onInterrupt } from './interrupt.js';
import type { Logger } from './logger.js';

interface StopStep {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

export class Shutdown {
  readonly #log: Logger;
  readonly #budgetMs: number;
  readonly #steps: StopStep[] = [];
  readonly #controller = new AbortController();
  #outcome: Promise<number> | undefined;

  /** @param budgetMs - time that all steps have together. */
  constructor(log: Logger, budgetMs: number) {
    this.#log = log;
    this.#budgetMs = budgetMs;
  }

  /** A shutdown that {@link ENDING_SIGNALS} start, and that exits the process at its end. */
  static install(log: Logger, budgetMs: number): Shutdown {
    const shutdown = new Shutdown(log, budgetMs);
    onInterrupt(ENDING_SIGNALS, (signal) => {
      void shutdown.stop(signal).then((code) => process.exit(code));
    });
    return shutdown;
  }

  /** Aborts when the shutdown begins: take no new work. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Registers how a part stops. Runs at once if the shutdown has begun already. */
  onStop(name: string, stop: () => Promise<void>): void {
    if (this.#outcome === undefined) this.#steps.push({ name, stop });
    else void this.#run({ name, stop });
  }

  /**
   * Stops everything, once; later calls wait for the first.
   *
   * @param exitCode - what to exit with if all goes well.
   * @returns the exit code: `exitCode`, or 1 if a step failed or the budget ran out.
   */
  stop(reason: string, exitCode = 0): Promise<number> {
    this.#outcome ??= this.#stopAll(reason, exitCode);
    return this.#outcome;
  }

  async #stopAll(reason: string, exitCode: number): Promise<number> {
    this.#log.info({ reason }, 'stopping');
    this.#controller.abort();
    const budget = new AbortController();
    const late = sleep(this.#budgetMs, budget.signal).then(() => undefined);
    try {
      const clean = await Promise.race([this.#runAll(), late]);
      if (clean === undefined) {
        this.#log.error({ budgetMs: this.#budgetMs }, 'stopped before everything was finished');
      } else this.#log.info('stopped');
      return clean === true ? exitCode : 1;
    } finally {
      budget.abort();
    }
  }

  async #runAll(): Promise<boolean> {
    let clean = true;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      clean = (await this.#run(step)) && clean;
    }
    return clean;
  }

  /** A step that fails does not keep the others from running. */
  async #run({ name, stop }: StopStep): Promise<boolean> {
    try {
      await stop();
      return true;
    } catch (err) {
      this.#log.error({ err, part: name }, 'part failed to stop');
      return false;
    }
  }
}
