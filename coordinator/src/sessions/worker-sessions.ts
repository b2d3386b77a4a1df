/** The sessions of one kind of workers, one for each worker id. A newer session of the same process takes over. */
import { isSameProcess, type SessionHolder } from '@lyceum/platform';
import { LyceumError, SESSION_MAX_COUNT } from '@lyceum/proto';

/** The part of a session that is used here. */
interface OpenSession extends SessionHolder {
  /** Ends the session's call with an error. */
  end(reason: LyceumError): void;
}

export class WorkerSessions<S extends OpenSession> {
  readonly #sessions = new Map<string, S>();
  #sorted: readonly S[] | undefined;
  /** When the last session ended, by worker id, of workers that have no session now. */
  readonly #lostAtMs = new Map<string, number>();

  /**
   * Adds a session; an earlier session of the same process ends.
   *
   * @returns the earlier session; undefined: there was none.
   * @throws {LyceumError} ALREADY_EXISTS while another process has a session of this id; RESOURCE_EXHAUSTED
   */
  add(session: S): S | undefined {
    const { workerId } = session;
    const former = this.#sessions.get(workerId);
    if (former !== undefined && !isSameProcess(former, session)) {
      const message = `worker id ${workerId} is in use by another process; if that one is gone, its session ends within half a minute`;
      throw new LyceumError('ALREADY_EXISTS', message);
    }
    if (former === undefined && this.#sessions.size >= SESSION_MAX_COUNT) {
      throw new LyceumError('RESOURCE_EXHAUSTED', `${SESSION_MAX_COUNT} sessions are open already`);
    }
    this.#sessions.set(workerId, session);
    this.#sorted = undefined;
    this.#lostAtMs.delete(workerId);
    former?.end(new LyceumError('ABORTED', `a newer session of ${workerId} took over`));
    return former;
  }

  /**
   * @param nowMs - of a clock that never goes back.
   * @returns whether the session was still the worker's current one.
   */
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

  /** The open session of this process; undefined: it has none. */
  of(holder: SessionHolder): S | undefined {
    const session = this.#sessions.get(holder.workerId);
    return session !== undefined && isSameProcess(session, holder) ? session : undefined;
  }

  /**
   * The session that a call belongs to.
   *
   * @param holder - the worker and process that the call names.
   * @throws {LyceumError} PERMISSION_DENIED, or UNAVAILABLE if the worker has no session at the moment.
   */
  require(holder: SessionHolder | undefined): S {
    const session = holder && this.of(holder);
    if (session !== undefined) return session;
    if (holder === undefined) {
      throw new LyceumError('PERMISSION_DENIED', 'the call names no session of a worker');
    }
    const { workerId } = holder;
    if (this.#sessions.has(workerId)) {
      const message = `the session of worker ${workerId} belongs to another process`;
      throw new LyceumError('PERMISSION_DENIED', message);
    }
    throw new LyceumError('UNAVAILABLE', `worker ${workerId} has no session at the moment`);
  }

  /** All sessions, sorted by worker id. */
  list(): readonly S[] {
    this.#sorted ??= [...this.#sessions.values()].sort((a, b) =>
      a.workerId < b.workerId ? -1 : 1,
    );
    return this.#sorted;
  }

  /** When the worker's last session ended; undefined: a session is open, or there never was one. */
  lostAtMs(workerId: string): number | undefined {
    return this.#lostAtMs.get(workerId);
  }

  /** Forgets workers that have been gone since before `beforeMs`. */
  forgetLost(beforeMs: number): void {
    for (const [workerId, atMs] of this.#lostAtMs) {
      if (atMs < beforeMs) this.#lostAtMs.delete(workerId);
    }
  }
}
