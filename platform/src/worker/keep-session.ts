/** Opens a worker's session with the coordinator again whenever it ends. For teacher and student workers. */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { retryDelayMs, sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';

/** After a session that lasted this long, the pauses begin at the shortest again. */
const GOOD_SESSION_MS = 10_000;

/** Pauses grow to at most 1.6 s: a coordinator that was away gives the work to others after some seconds. */
const SLOWEST_ATTEMPT = 4;

export interface SessionKeeping {
  /** Runs one session, from start to end; calls `answered` once the coordinator has answered. */
  readonly hold: (answered: () => void) => Promise<void>;
  /**
   * Called after each session. The reason says that another process has this worker id; undefined: it ended otherwise.
   */
  readonly heldByOther: (reason: string | undefined) => void;
  /** Once it aborts no further session is opened. */
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
 * @throws {LyceumError} INVALID_ARGUMENT or PERMISSION_DENIED if a session ends so before it was answered: the
 *   coordinator will never accept this worker.
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
