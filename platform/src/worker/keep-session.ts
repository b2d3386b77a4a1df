/** A worker's session with the coordinator, opened again whenever it ends: alike for teacher and student workers. */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { retryDelayMs, sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';

/** After a session that lived this long the pauses begin anew. */
const GOOD_SESSION_MS = 10_000;

/** Pauses grow up to 1.6 s: a coordinator that was away gives work to others after some seconds. */
const SLOWEST_ATTEMPT = 4;

export interface SessionKeeping {
  /** One session, from its start to its end; `answered` is called once the coordinator has answered on it. */
  readonly hold: (answered: () => void) => Promise<void>;
  /** Told after each session why it is another process that has this worker id; undefined: that is not why it ended. */
  readonly heldByOther: (reason: string | undefined) => void;
  /** Once it aborts no session is opened. */
  readonly signal: AbortSignal;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Holds one session after another until the signal aborts.
 *
 * @throws {LyceumError} INVALID_ARGUMENT or PERMISSION_DENIED on a session that was not answered: the coordinator will
 *   never have this worker.
 */
export async function keepSession(keeping: SessionKeeping): Promise<void> {
  const { hold, heldByOther, signal, nowMs, random, log } = keeping;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const openedMs = nowMs();
    let isAnswered = false;
    const err = await hold(() => {
      if (!isAnswered) log.info('session opened');
      isAnswered = true;
    }).then(() => undefined, toLyceumError);
    if (signal.aborted) return;
    if (err !== undefined && !isAnswered && isRefusal(err)) throw refused(err);
    if (nowMs() - openedMs >= GOOD_SESSION_MS) attempt = 0;
    const reason = err?.code === 'ALREADY_EXISTS' ? err.message : undefined;
    heldByOther(reason);
    const delayMs = retryDelayMs(Math.min(attempt, SLOWEST_ATTEMPT), random());
    log.warn(
      { err, delayMs },
      reason === undefined ? 'session ended' : 'worker id in use; waiting',
    );
    await sleep(delayMs, signal);
  }
}

function refused(err: LyceumError): LyceumError {
  return new LyceumError(err.code, `the coordinator refuses this worker: ${err.message}`);
}

function isRefusal({ code }: LyceumError): boolean {
  return code === 'INVALID_ARGUMENT' || code === 'PERMISSION_DENIED';
}
