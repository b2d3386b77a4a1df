/** What the readiness probe says: what the program waits for until it is ready, what it lacks then, that it stops. */
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

  /** @param lack - what it lacks at the moment; undefined: nothing. */
  ready(lack: () => string | undefined): void {
    this.#lack = lack;
  }

  /** Undefined: it is ready. */
  lack(): string | undefined {
    return this.#stopping?.aborted === true ? 'stopping' : this.#lack();
  }
}
