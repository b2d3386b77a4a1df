/**
 * What a pass does with each run, but for the health of its teachers (`run-health.ts`): who loses its worker, is cancelled,
 * paused, placed, started. Functions of records, sessions and the time that return actions; `carry-out.ts` does them. Pure.
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

/** The same after the coordinator's own start, when every worker must find it again first. */
export const RECOVERY_GRACE_MS = 10_000;

/** How long a cancelled run's worker may take to let go of it before it is cancelled all the same. */
export const CANCEL_GRACE_MS = 5_000;

/**
 * How long a run in progress waits for a worker that is large enough for its teacher: one that is being replaced comes back
 * sooner, and a cluster that has none any more does not.
 */
export const UNFIT_GRACE_MS = 300_000;

/** What is to be done with one run. */
export type RunAction = { readonly runId: string } & (
  | { readonly kind: 'ensure-baseline'; readonly parent: RunRecord }
  | { readonly kind: 'release'; readonly assignmentEpoch: number; readonly reason: string }
  | { readonly kind: 'finish-cancel' }
  | { readonly kind: 'assign'; readonly workerId: string }
  /** `logged`: what the log says beside. */
  | { readonly kind: 'pause' | 'fail'; readonly reason: string; readonly logged?: LoggedError }
  | {
      readonly kind: 'keep-knowledge';
      /** The run's name of it. */
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

/** A student worker's session, as far as it matters to the run that it was given. */
interface StudentFacts extends SessionHolder {
  /** The run that it says it works on. */
  readonly runId: string;
}

/** Since when something holds of runs, as passes have seen it. */
export class HeldSince {
  readonly #sinceMs = new Map<string, number>();

  /** @returns for how long it has held, ms; undefined: it does not. */
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
 * A run whose worker is gone waits for another.
 *
 * @param session - the open one of the worker that has the run.
 * @param lostAtMs - when that worker's last session ended; undefined: one is open, or there never was one.
 * @param startedAtMs - since when the coordinator runs.
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
    // The same id, another process: the one that held it can have no session meanwhile.
    return isHeldBy(assignment, session) ? [] : release('began anew');
  }
  const dueMs =
    lostAtMs === undefined ? startedAtMs + RECOVERY_GRACE_MS : lostAtMs + STUDENT_GRACE_MS;
  return nowMs < dueMs ? [] : release('is gone');
}

/**
 * A run is cancelled once its worker has let go of it.
 *
 * @param session - the open one of the worker that has the run.
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

/** Other code of the user's would make other bits. @param foreign - why this program's plugin is not the run's. */
export function pauseForeign(
  { runId, state }: RunRecord,
  foreign: string | undefined,
): RunAction[] {
  if (hasEnded(state) || state === 'PAUSED' || state === 'CANCELLING') return [];
  return foreign === undefined ? [] : [{ kind: 'pause', runId, reason: foreign }];
}

/**
 * A run in progress that waits for a teacher that is too large for every worker is paused after a while.
 *
 * @param workers - all teacher workers connected.
 * @param awaits - whether the run waits for answers of a teacher, by identity.
 * @param unfit - since when runs wait so.
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
 * What each run that has not ended needs of the workers, and each other user of teachers after them.
 *
 * @param isMeasured - whether the evaluation of a run needs no teacher any more.
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

/** The last student workers, as many as failed or were lost in a row. */
function failedOn({ studentFailureCount, studentLossCount, studentWorkers }: RunRecord): string[] {
  const first = Math.max(0, studentWorkers.length - studentFailureCount - studentLossCount);
  return studentWorkers.slice(first).map(({ workerId }) => workerId);
}

/** Runs that have got a student worker. */
export function assignStarts({ starts }: Placement): RunAction[] {
  return [...starts].map(([runId, workerId]) => ({ kind: 'assign', runId, workerId }));
}

/**
 * What is wrong with one run for good must not keep the others waiting.
 *
 * @param err - why the run could not be assigned.
 * @returns undefined if that concerns all runs.
 */
export function giveUpStart(runId: string, err: LyceumError): RunAction | undefined {
  if (err.retryable || err.code === 'ABORTED') return undefined;
  const kind = err instanceof StorageFullError ? 'pause' : 'fail';
  return { kind, runId, reason: err.message, logged: { err, message: 'run cannot be assigned' } };
}

/** How many workers have teachers of a run. */
export function servingCount(
  teachers: RunRecord['teachers'],
  { teachers: placed }: Pick<Placement, 'teachers'>,
): number {
  const own = new Set(teachers.map(({ identity }) => identity));
  return [...placed.values()].filter((identities) => identities.some((id) => own.has(id))).length;
}

/** Why teachers cannot be asked about data sets. */
export class Troubles {
  readonly #errors = new Map<string, LyceumError>();

  add(teacher: string, datasetDigest: string, err: LyceumError): void {
    this.#errors.set(`${teacher} ${datasetDigest}`, err);
  }

  get(teacher: string, datasetDigest: string): LyceumError | undefined {
    return this.#errors.get(`${teacher} ${datasetDigest}`);
  }

  /** Those that pass by themselves, by teacher and set. */
  passing(): [key: string, err: LyceumError][] {
    return [...this.#errors].filter(([, err]) => err.retryable);
  }
}

/** Pauses a run whose teachers cannot be asked about its set, until a person mends that. */
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
