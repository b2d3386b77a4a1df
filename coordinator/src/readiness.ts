/** What the readiness probe says: what the coordinator waits for, until it is ready. */
export class Readiness {
  #lack = (): string | undefined => 'starting';

  waitsFor(reason: string): void {
    this.#lack = () => reason;
  }

  /** @param lack - what it lacks at the moment; undefined: nothing. */
  ready(lack: () => string | undefined): void {
    this.#lack = lack;
  }

  /** Undefined: it is ready. */
  lack(): string | undefined {
    return this.#lack();
  }
}
