/** Probes that have no answer, though the asked worker is not to blame, and why. Pure. */
export class UnansweredProbes {
  /** What servers outside say to probes that they do not answer, by probe. */
  readonly #refusals = new Map<string, string>();
  /** Why workers cannot read the sets of probes, by probe and worker. */
  readonly #unreadable = new Map<string, Map<string, string>>();

  /** The server behind the teacher does not answer the probe. */
  refused(probe: string, workerId: string, reason: string): void {
    this.#refusals.set(probe, `${workerId}: ${reason}`);
  }

  /** The worker cannot read the set that the probe is about. */
  unreadable(probe: string, workerId: string, reason: string): void {
    const byWorker = this.#unreadable.get(probe) ?? new Map<string, string>();
    this.#unreadable.set(probe, byWorker.set(workerId, reason));
  }

  /** The worker has answered the probe since, or failed on it otherwise. */
  settled(probe: string, workerId: string): void {
    this.#refusals.delete(probe);
    this.#unreadable.get(probe)?.delete(workerId);
  }

  /** Forgets why the probe had no answer. @returns whether it had none, and is to be asked again. */
  forget(probe: string): boolean {
    const wasRefused = this.#refusals.delete(probe);
    const wasUnreadable = this.#unreadable.delete(probe);
    return wasRefused || wasUnreadable;
  }

  forgetWorker(workerId: string): void {
    for (const byWorker of this.#unreadable.values()) byWorker.delete(workerId);
  }

  /** Forgets all probes but these. */
  retain(probes: ReadonlySet<string>): void {
    for (const kept of [this.#refusals, this.#unreadable]) {
      for (const probe of kept.keys()) if (!probes.has(probe)) kept.delete(probe);
    }
  }

  refusalOf(probe: string): string | undefined {
    return this.#refusals.get(probe);
  }

  unreadableTo(probe: string, workerId: string): string | undefined {
    return this.#unreadable.get(probe)?.get(workerId);
  }
}
