/** The sessions of one kind of workers: one a worker id; a newer one takes over. */
import { LyceumError, SESSION_MAX_COUNT } from '@lyceum/proto';

/** What is asked of a session here. */
interface OpenSession {
  readonly workerId: string;
  /** Ends the session's call with an error. */
  end(reason: LyceumError): void;
}

export class WorkerSessions<S extends OpenSession> {
  readonly #sessions = new Map<string, S>();
  #sorted: readonly S[] | undefined;
  /** When the last session of a worker that has none ended. */
  readonly #lostAtMs = new Map<string, number>();

  /**
   * Adds a session; one of the same worker ends.
   *
   * @returns the session that it took over from.
   * @throws {LyceumError} INVALID_ARGUMENT, RESOURCE_EXHAUSTED
   */
  add(session: S): S | undefined {
    const { workerId } = session;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(workerId)) {
      const rule = 'letters, digits, dots, dashes and underscores, at most 128';
      throw new LyceumError('INVALID_ARGUMENT', `"${workerId}" is no worker id; want ${rule}`);
    }
    const former = this.#sessions.get(workerId);
    if (former === undefined && this.#sessions.size >= SESSION_MAX_COUNT) {
      throw new LyceumError('RESOURCE_EXHAUSTED', `${SESSION_MAX_COUNT} sessions are open already`);
    }
    this.#sessions.set(workerId, session);
    this.#sorted = undefined;
    this.#lostAtMs.delete(workerId);
    former?.end(new LyceumError('ABORTED', `a newer session of ${workerId} took over`));
    return former;
  }

  /** @returns whether it was the worker's session still. */
  remove(session: S, nowMs: number): boolean {
    if (this.#sessions.get(session.workerId) !== session) return false;
    this.#sessions.delete(session.workerId);
    this.#sorted = undefined;
    this.#lostAtMs.set(session.workerId, nowMs);
    return true;
  }

  get(workerId: string): S | undefined {
    return this.#sessions.get(workerId);
  }

  /** By worker id. */
  list(): readonly S[] {
    this.#sorted ??= [...this.#sessions.values()].sort((a, b) =>
      a.workerId < b.workerId ? -1 : 1,
    );
    return this.#sorted;
  }

  /** When the worker's last session ended; undefined if it has one, or never had. */
  lostAtMs(workerId: string): number | undefined {
    return this.#lostAtMs.get(workerId);
  }

  /** Forgets workers that have been gone since before `beforeMs`. */
  forgetLost(beforeMs: number): void {
    for (const [workerId, atMs] of this.#lostAtMs) {
      if (atMs < beforeMs) this.#lostAtMs.delete(workerId);
    }
  }

  endAll(reason: LyceumError): void {
    for (const session of this.#sessions.values()) session.end(reason);
  }
}
