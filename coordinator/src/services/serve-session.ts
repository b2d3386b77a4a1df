/** Serves a worker's session from its hello to its end, for both kinds of workers. */
import { firstEnd, type Logger, type SessionHolder } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { WorkerSessions } from '../sessions/index.js';

export interface SessionParts<S extends Session> {
  readonly sessions: WorkerSessions<S>;
  /** Aborts when the coordinator stops. */
  readonly stopping: AbortSignal;
  readonly changed: () => void;
  readonly log: Logger;
  /** Milliseconds that never fall. */
  readonly steadyNow: () => number;
}

interface Session extends SessionHolder {
  readonly ended: AbortSignal;
  environment(): object;
  end(reason: LyceumError): void;
}

export interface SessionKind<R, S> {
  readonly worker: 'teacher worker' | 'student worker';
  /** @returns the session; undefined: the report is no hello. */
  readonly open: (report: R) => S | undefined;
  /** Called when the session replaces an earlier one of the same process. */
  readonly tookOver?: (former: S) => void;
  readonly take: (session: S, report: R) => void | Promise<void>;
  readonly gone: (session: S) => void;
}

/** @throws {LyceumError} INVALID_ARGUMENT, and why the session ended. */
export async function serveSession<R, S extends Session>(
  { sessions, stopping, changed, log, steadyNow }: SessionParts<S>,
  { worker, open, tookOver, take, gone }: SessionKind<R, S>,
  reports: AsyncIterable<R>,
): Promise<void> {
  const rest = reports[Symbol.asyncIterator]();
  const first = await rest.next();
  const session = first.done === true ? undefined : open(first.value);
  if (session === undefined) {
    throw new LyceumError('INVALID_ARGUMENT', 'the first report of a session must be its hello');
  }
  const former = sessions.add(session);
  if (former !== undefined) tookOver?.(former);
  log.info({ ...session.environment() }, `${worker} connected`);
  changed();
  const listen = async (): Promise<void> => {
    for (;;) {
      const next = await rest.next();
      // Reports of a session that has ended meanwhile do not count: its tickets were given to others.
      if (next.done === true || session.ended.aborted) return;
      await take(session, next.value);
    }
  };
  try {
    await firstEnd([listen()], [session.ended, stopping]);
  } finally {
    if (sessions.remove(session, steadyNow())) gone(session);
  }
}
