/**
 * What a pass does with each run: which run loses its worker, is cancelled, paused, placed or started. The health of
 * its teachers is decided in `run-health.ts`. Pure functions of records, sessions and the time; they return actions,
 * which `carry-out.ts` does.
 */
import type { TeacherKnowledge } from '@lyceum/learning/ensemble';
import type { SessionHolder } from '@lyceum/platform';
import { type LyceumError, StorageFullError } from '@lyceum/proto';
import {
  type Placement,
  type RunNeed,
  unfitTeacher,
  type WorkerBudget,
} from '../placement/index.js';
import type { RunRecord } from '../runs/index.js';
import { hasEnded, isAssigned } from '../schedule/index.js';
import { isHeldBy } from '../sessions/index.js';
import type { TeacherUser } from '../tickets/index.js';

/** How long a student worker without a session keeps its run: a reconnect takes less. */
export const STUDENT_GRACE_MS = 2_000;

/** The same grace after the coordinator's own start: every worker must first find it again. */
export const RECOVERY_GRACE_MS = 10_000;

/** How long the worker of a cancelled run may take to let go of the run; then it is cancelled all the same. */
export const CANCEL_GRACE_MS = 5_000;

/**
 * How long a run in progress waits for a worker that is large enough for its teacher. A worker that is being replaced
 * comes back sooner; a cluster without such a worker stays without it.
 */
export const UNFIT_GRACE_MS = 300_000;

/** What is to be done with one run. */
export type RunAction = { readonly runId: string } & (
  | { readonly kind: 'ensure-baseline'; readonly parent: RunRecord }
  | { readonly kind: 'release'; readonly assignmentEpoch: number; readonly reason: string }
  | { readonly kind: 'finish-cancel' }
  | { readonly kind: 'assign'; readonly workerId: string }
  /** `logged`: the error for the log. */
  | { readonly kind: 'pause' | 'fail'; readonly reason: string; readonly logged?: LoggedError }
  | {
      readonly kind: 'keep-knowledge';
      /** The run's name for the teacher. */
      readonly teacher: string;
      readonly knowledge: TeacherKnowledge;
      readonly classNames: readonly string[];
    }
  | { readonly kind: 'keep-probes'; readonly digests: Readonly<Record<string, string>> }
);

interface LoggedError {
  readonly err: LyceumError;
  readonly message: string;
}

/** A student worker's session, as far as it matters to its run. */
interface StudentFacts extends SessionHolder {
  /** The run that the worker says it works on. */
  readonly runId: string;
}

/** For each run: since when a condition has held, as passes have seen it. */
export class HeldSince {
  readonly #sinceMs = new Map<string, number>();

  /** @returns how long the condition has held, in ms; undefined: it does not hold. */
  held(runId: string, holds: boolean, nowMs: number): number | undefined {
    if (!holds) {
      this.#sinceMs.delete(runId);
      return undefined;
    }
    const sinceMs = this.#sinceMs.get(runId) ?? nowMs;
    this.#sinceMs.set(runId, sinceMs);
    return nowMs - sinceMs;
  }
}

export function ensureBaseline(parent: RunRecord): RunAction[] {
  const { runId, state } = parent;
  const ends = hasEnded(state) || state === 'CANCELLING';
  return ends ? [] : [{ kind: 'ensure-baseline', runId, parent }];
}

/**
 * Releases a run whose worker is gone, so that it waits for another worker.
 *
 * @param session - the open session of the worker that has the run.
 * @param lostAtMs - when that worker's last session ended; undefined: a session is open, or there never was one.
 * @param startedAtMs - when the coordinator started.
 */
export function releaseLost(
  { runId, state, assignment }: RunRecord,
  session: SessionHolder | undefined,
  lostAtMs: number | undefined,
  startedAtMs: number,
  nowMs: number,
): RunAction[] {
  if (!isAssigned(state) || assignment === undefined) return [];
  const { workerId, assignmentEpoch } = assignment;
  const release = (what: string): RunAction[] => [
    { kind: 'release', runId, assignmentEpoch, reason: `student worker ${workerId} ${what}` },
  ];
  if (session !== undefined) {
    // Same id, another process: the old process cannot have a session at the same time.
    return isHeldBy(assignment, session) ? [] : release('was restarted');
  }
  const dueMs =
    lostAtMs === undefined ? startedAtMs + RECOVERY_GRACE_MS : lostAtMs + STUDENT_GRACE_MS;
  return nowMs < dueMs ? [] : release('is gone');
}

/**
 * Cancels a run once its worker has let go of it, or after a grace.
 *
 * @param session - the open session of the worker that has the run.
 * @param cancelling - since when runs are being cancelled.
 */
export function finishCancel(
  { runId, state, assignment }: RunRecord,
  session: StudentFacts | undefined,
  cancelling: HeldSince,
  nowMs: number,
): RunAction[] {
  const heldMs = cancelling.held(runId, state === 'CANCELLING', nowMs);
  if (heldMs === undefined) return [];
  const works = session?.runId === runId && isHeldBy(assignment, session);
  return works && heldMs < CANCEL_GRACE_MS ? [] : [{ kind: 'finish-cancel', runId }];
}

/**
 * Pauses a run that was made with another plugin: other code gives other bits.
 *
 * @param foreign - why this program's plugin is not the run's.
 */
export function pauseForeign(
  { runId, state }: RunRecord,
  foreign: string | undefined,
): RunAction[] {
  if (hasEnded(state) || state === 'PAUSED' || state === 'CANCELLING') return [];
  return foreign === undefined ? [] : [{ kind: 'pause', runId, reason: foreign }];
}

/**
 * Pauses a run in progress that has long waited for a teacher that is too large for every worker.
 *
 * @param workers - all teacher workers connected.
 * @param awaits - whether the run waits for answers of a teacher, by identity.
 * @param unfit - since when runs have waited in this way.
 */
export function pauseUnfit(
  { runId, state, teachers }: RunRecord,
  workers: readonly WorkerBudget[],
  awaits: (teacher: string) => boolean,
  unfit: HeldSince,
  nowMs: number,
): RunAction[] {
  const isUnfit = isAssigned(state) && unfitTeacher(teachers, workers) !== undefined;
  const missed = isUnfit ? teachers.filter(({ identity }) => awaits(identity)) : [];
  const reason = unfitTeacher(missed, workers);
  const heldMs = unfit.held(runId, reason !== undefined, nowMs);
  if (reason === undefined || heldMs === undefined || heldMs < UNFIT_GRACE_MS) return [];
  return [{ kind: 'pause', runId, reason }];
}

/**
 * What each run that has not ended needs of the workers, followed by the needs of other users of teachers.
 *
 * @param isMeasured - whether the evaluation of a run no longer needs teachers.
 */
export function needs(
  records: readonly RunRecord[],
  users: readonly Pick<TeacherUser, 'id' | 'teachers'>[],
  isMeasured: (runId: string) => boolean,
): RunNeed[] {
  const runs = records
    .filter(({ state }) => !hasEnded(state))
    .map((record): RunNeed => {
      const { runId, state, assignment, teachers } = record;
      const asks =
        state === 'EVALUATING' ? !isMeasured(runId) : state !== 'CANCELLING' && state !== 'PAUSED';
      const student = assignment ?? (state === 'QUEUED' ? 'wanted' : 'none');
      return { runId, student, failedOn: failedOn(record), teachers: asks ? teachers : [] };
    });
  const others = users.map(
    ({ id, teachers }): RunNeed => ({ runId: id, student: 'none', teachers }),
  );
  return [...runs, ...others];
}

/** The last student workers of the run: as many as failed or were lost in a row. */
function failedOn({ studentFailureCount, studentLossCount, studentWorkers }: RunRecord): string[] {
  const first = Math.max(0, studentWorkers.length - studentFailureCount - studentLossCount);
  return studentWorkers.slice(first).map(({ workerId }) => workerId);
}

/** Actions that start the runs that the placement gave a student worker. */
export function assignStarts({ starts }: Placement): RunAction[] {
  return [...starts].map(([runId, workerId]) => ({ kind: 'assign', runId, workerId }));
}

/**
 * A lasting error of one run must not keep the others waiting: the run is paused or fails.
 *
 * @param err - why the run could not be assigned.
 * @returns undefined if the error concerns all runs.
 */
export function giveUpStart(runId: string, err: LyceumError): RunAction | undefined {
  if (err.retryable || err.code === 'ABORTED') return undefined;
  const kind = err instanceof StorageFullError ? 'pause' : 'fail';
  return { kind, runId, reason: err.message, logged: { err, message: 'run cannot be assigned' } };
}

/** How many workers have at least one teacher of a run. */
export function servingCount(
  teachers: RunRecord['teachers'],
  { teachers: placed }: Pick<Placement, 'teachers'>,
): number {
  const own = new Set(teachers.map(({ identity }) => identity));
  return [...placed.values()].filter((identities) => identities.some((id) => own.has(id))).length;
}

/** Errors for teachers that cannot be asked about data sets. */
export class Troubles {
  readonly #errors = new Map<string, LyceumError>();

  add(teacher: string, datasetDigest: string, err: LyceumError): void {
    this.#errors.set(`${teacher} ${datasetDigest}`, err);
  }

  get(teacher: string, datasetDigest: string): LyceumError | undefined {
    return this.#errors.get(`${teacher} ${datasetDigest}`);
  }

  /** Errors that may pass by themselves, by teacher and set. */
  passing(): [key: string, err: LyceumError][] {
    return [...this.#errors].filter(([, err]) => err.retryable);
  }
}

/** Pauses a run whose teachers cannot be asked about its set, until a person repairs the cause. */
export function pauseTroubled(
  { runId, teachers, dataset }: RunRecord,
  troubles: Pick<Troubles, 'get'>,
): RunAction[] {
  const found = teachers.map(({ identity }) => troubles.get(identity, dataset.digest));
  const err = found.find((trouble) => trouble?.retryable === false);
  if (err === undefined) return [];
  const message = "run's teachers cannot be asked about its data set";
  return [{ kind: 'pause', runId, reason: err.message, logged: { err, message } }];
}
