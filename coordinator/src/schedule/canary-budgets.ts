/**
 * What canaries may cost. Teachers whose every answer is a call that somebody pays for have as many as their runs pay for;
 * all others have as many as are useful. Pure.
 */
export class CanaryBudgets {
  /** Calls of one canary, by teacher; those that cost nothing are not there. */
  readonly #prices = new Map<string, number>();
  readonly #left = new Map<string, number>();
  /** Runs that have paid, by teacher. */
  readonly #paid = new Map<string, Set<string>>();

  /** @param calls - of one canary; undefined: it costs nothing. */
  price(teacher: string, calls: number | undefined): void {
    if (calls === undefined) this.#prices.delete(teacher);
    else this.#prices.set(teacher, calls);
  }

  /** A run asks the teacher; each pays once. */
  pay(teacher: string, runId: string, calls: number): void {
    const runs = this.#paid.get(teacher) ?? new Set();
    this.#paid.set(teacher, runs);
    if (!this.#prices.has(teacher) || runs.has(runId)) return;
    runs.add(runId);
    this.#left.set(teacher, this.left(teacher) + calls);
  }

  /** @returns false, and takes nothing, if there is not enough. @param kept - canaries that must be left. */
  spend(teacher: string, kept: number): boolean {
    const price = this.#prices.get(teacher);
    if (price === undefined) return true;
    const left = this.left(teacher);
    if (left < price * (1 + kept)) return false;
    this.#left.set(teacher, left - price);
    return true;
  }

  /** Calls. */
  left(teacher: string): number {
    return this.#left.get(teacher) ?? 0;
  }
}
