/**
 * What canaries may cost, in samples: a call may ask about several, and services mostly charge for each. A teacher
 * whose answers are paid calls has as many canaries as its runs pay for; all others have as many as are useful. What
 * one run leaves over serves the others. The newest run pays first, since canaries are asked for its sake. Pure.
 */

export interface CanarySpending {
  readonly teacher: string;
  readonly runId: string;
  /** Samples so far. */
  readonly used: number;
}

interface Purse {
  readonly allowed: number;
  used: number;
}

export class CanaryBudgets {
  /** Samples of one canary, by teacher; teachers whose calls cost nothing are not there. */
  readonly #prices = new Map<string, number>();
  /** By teacher, then by run, the newest run last. */
  readonly #purses = new Map<string, Map<string, Purse>>();
  #spent: CanarySpending[] = [];

  /** @param samples - of one canary; undefined: it costs nothing. */
  price(teacher: string, samples: number | undefined): void {
    if (samples === undefined) this.#prices.delete(teacher);
    else this.#prices.set(teacher, samples);
  }

  /**
   * A run asks the teacher; each pays once.
   *
   * @param used - samples that it has paid for already, under a predecessor.
   */
  pay(teacher: string, runId: string, allowed: number, used = 0): void {
    const purses = this.#purses.get(teacher) ?? new Map<string, Purse>();
    if (!this.#prices.has(teacher) || purses.has(runId)) return;
    this.#purses.set(teacher, purses.set(runId, { allowed, used }));
  }

  /** Whether there is enough for a canary. @param kept - canaries that must be left. */
  suffices(teacher: string, kept: number): boolean {
    const price = this.#prices.get(teacher);
    return price === undefined || this.left(teacher) >= price * (1 + kept);
  }

  /** @returns false, and takes nothing, if there is not enough. @param kept - canaries that must be left. */
  spend(teacher: string, kept: number): boolean {
    if (!this.suffices(teacher, kept)) return false;
    let due = this.#prices.get(teacher) ?? 0;
    for (const [runId, purse] of [...(this.#purses.get(teacher) ?? [])].reverse()) {
      const samples = Math.min(due, leftIn(purse));
      if (samples === 0) continue;
      purse.used += samples;
      due -= samples;
      this.#spent.push({ teacher, runId, used: purse.used });
    }
    return true;
  }

  /** What has been spent since the last call of this method, to be kept in records. */
  takeSpent(): CanarySpending[] {
    const spent = this.#spent;
    this.#spent = [];
    return spent;
  }

  /** Samples that the run has paid for; undefined: it has not asked the teacher. */
  usedBy(teacher: string, runId: string): number | undefined {
    return this.#purses.get(teacher)?.get(runId)?.used;
  }

  /** The run was deleted: another one may get its id. */
  forget(runId: string): void {
    for (const purses of this.#purses.values()) purses.delete(runId);
  }

  /** Samples that are left. */
  left(teacher: string): number {
    return [...(this.#purses.get(teacher)?.values() ?? [])].reduce((n, p) => n + leftIn(p), 0);
  }
}

function leftIn({ allowed, used }: Purse): number {
  return allowed - used;
}
