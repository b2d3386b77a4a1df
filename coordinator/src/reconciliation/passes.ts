/** When passes are made: on request and once a second, never two at a time. */
import type { Logger } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';

const TICK_MS = 1_000;

export class Passes {
  readonly #log: Logger;
  #pass: (() => Promise<void>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #requested = false;
  #running: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  start(pass: () => Promise<void>): void {
    this.#pass = pass;
    this.#timer = setInterval(() => this.request(), TICK_MS);
    this.request();
  }

  /** Asks for a pass soon; if passes have not started, for one as soon as they do. */
  request(): void {
    this.#requested = true;
    if (this.#pass !== undefined) this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#pass = undefined;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    // Several requests in the same tick, such as a burst of reports, run one pass.
    await Promise.resolve();
    while (this.#requested && this.#pass !== undefined) {
      this.#requested = false;
      try {
        await this.#pass();
      } catch (thrown) {
        this.#log.warn({ err: toLyceumError(thrown) }, 'reconciling failed; trying again');
        break;
      }
    }
    this.#running = undefined;
  }
}
