/**
 * The readiness probe's answer: not ready until started, later whatever the program lacks, and not ready while
 * stopping.
 */
export class Readiness {
  readonly #stopping: AbortSignal | undefined;
  #lack = (): string | undefined => 'starting';

  /** @param stopping - aborts when the program takes no new work any more. */
  constructor(stopping?: AbortSignal) {
    this.#stopping = stopping;
  }

  waitsFor(reason: string): void {
    this.#lack = () => reason;
  }

  /** @param lack - what the program lacks at the moment; undefined: nothing. */
  ready(lack: () => string | undefined): void {
    this.#lack = lack;
  }

  /** Why the program is not ready; undefined: it is ready. */
  lack(): string | undefined {
    return this.#stopping?.aborted === true ? 'stopping' : this.#lack();
  }
}
