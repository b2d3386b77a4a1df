/** Changes of a run together with its student worker, from its assignment to the end of its training. */
import {
  type NumericsChange,
  type ProgressSnapshot,
  type RunFit,
  type RunOutcome,
  type RunRecord,
  type WorkerEnvironment,
  withWorker,
} from '../../runs/index.js';
import { isAssigned } from '../../schedule/index.js';
import { paused } from './pause-changes.js';
import { type Changed, inState, isCurrent } from './state-change.js';

/** Failures of student workers in a row, without a new checkpoint, after which a run fails. */
export const STUDENT_FAILURE_LIMIT = 3;

/**
 * Student workers that may be lost in a row without a new checkpoint: more than are lost by chance, even if machines
 * are taken away.
 */
export const STUDENT_LOSS_LIMIT = 10;

/** QUEUED → PREPARING, with a student worker. */
export function assigned(
  record: RunRecord,
  assignment: NonNullable<RunRecord['assignment']>,
  worker: WorkerEnvironment,
  nowMs: number,
): Changed {
  if (record.state !== 'QUEUED') return undefined;
  const { startedAtMs } = record;
  return {
    ...inState(record, 'PREPARING', '', nowMs),
    assignment,
    startedAtMs: startedAtMs === 0 ? nowMs : startedAtMs,
    studentWorkers: withWorker(record.studentWorkers, worker),
  };
}

/** PREPARING → FITTING: the assigned worker is ready, but the rule is not fitted yet. */
export function fitting(record: RunRecord, assignmentEpoch: number, nowMs: number): Changed {
  if (record.state !== 'PREPARING' || !isCurrent(record, assignmentEpoch)) return undefined;
  return inState(record, 'FITTING', '', nowMs);
}

/** Keeps the fit of the rule. The first fit stays: another fit would be equal. */
export function fitted(record: RunRecord, fit: RunFit): Changed {
  return record.fit === undefined ? { ...record, fit } : undefined;
}

/** PREPARING or FITTING → TRAINING: the assigned worker begins. */
export function trainingBegan(record: RunRecord, assignmentEpoch: number, nowMs: number): Changed {
  const begins = record.state === 'PREPARING' || record.state === 'FITTING';
  if (!begins || !isCurrent(record, assignmentEpoch)) return undefined;
  return inState(record, 'TRAINING', '', nowMs);
}

/** Keeps the progress that a new checkpoint has secured. */
export function checkpointed(
  record: RunRecord,
  assignmentEpoch: number,
  progress: ProgressSnapshot,
): Changed {
  if (!isCurrent(record, assignmentEpoch)) return undefined;
  return { ...record, progress, studentFailureCount: 0, studentLossCount: 0 };
}

/** PREPARING, FITTING or TRAINING → QUEUED: the worker is gone, or gave the run back. */
export function released(
  record: RunRecord,
  assignmentEpoch: number,
  reason: string,
  nowMs: number,
): Changed {
  if (!isAssigned(record.state) || !isCurrent(record, assignmentEpoch)) return undefined;
  return inState(record, 'QUEUED', reason, nowMs);
}

/**
 * As {@link released}, for a worker that is gone. If one worker after the other is lost without a new checkpoint, the
 * run is paused: the run itself may end its workers, which other runs wait for.
 */
export function workerLost(
  record: RunRecord,
  assignmentEpoch: number,
  reason: string,
  nowMs: number,
): Changed {
  const next = released(record, assignmentEpoch, reason, nowMs);
  // The worker does nothing while a rule is fitted: its loss is not the run's doing.
  if (next === undefined || record.state === 'FITTING') return next;
  const studentLossCount = record.studentLossCount + 1;
  if (studentLossCount < STUDENT_LOSS_LIMIT) return { ...next, studentLossCount };
  const why = `${reason}; student workers were lost ${studentLossCount} times in a row without a new checkpoint, as happens when memory runs out`;
  const remedy = `give student workers more memory, or the run a smaller student or batch, or more frequent checkpoints; coordinator resume ${record.runId} goes on`;
  return paused(record, `${why}; ${remedy}`, nowMs);
}

/**
 * As {@link released}, for a worker that failed; after some failures in a row the run fails. The run is paused if
 * another attempt would fail in the same way: no room to write, an unreadable set or checkpoint, or a checkpoint of
 * other numerics. If the worker lost an assignment that the record still names (as after a claim whose receipt was
 * lost), this counts as {@link workerLost}: record and pointer agree again on the epoch of the next assignment.
 */
export function workerFailed(
  record: RunRecord,
  assignmentEpoch: number,
  failure: {
    readonly reason: string;
    readonly retryable: boolean;
    readonly storageFull: boolean;
    readonly setUnreadable?: boolean | undefined;
    readonly checkpointForeign?: boolean | undefined;
    readonly assignmentLost?: boolean | undefined;
    readonly numericsChange?: NumericsChange | undefined;
  },
  nowMs: number,
): Changed {
  if (!isCurrent(record, assignmentEpoch)) return undefined;
  if (failure.assignmentLost === true) {
    return workerLost(record, assignmentEpoch, failure.reason, nowMs);
  }
  if (failure.storageFull) return paused(record, failure.reason, nowMs);
  if (failure.setUnreadable === true) {
    const remedy = `once it can be read, coordinator resume ${record.runId} goes on`;
    return paused(record, `${failure.reason}; ${remedy}`, nowMs);
  }
  if (failure.checkpointForeign === true) {
    const remedy = `with student workers of that build, coordinator resume ${record.runId} goes on`;
    return paused(record, `${failure.reason}; ${remedy}`, nowMs);
  }
  const { numericsChange } = failure;
  if (numericsChange !== undefined) {
    const decision = `coordinator resume ${record.runId} --accept-numerics goes on all the same`;
    const next = paused(record, `${failure.reason}; ${decision}`, nowMs);
    return next && { ...next, numericsChange };
  }
  const studentFailureCount = record.studentFailureCount + 1;
  if (failure.retryable && studentFailureCount < STUDENT_FAILURE_LIMIT) {
    const next = released(record, assignmentEpoch, failure.reason, nowMs);
    return next && { ...next, studentFailureCount };
  }
  if (!isAssigned(record.state)) return undefined;
  return inState(record, 'FAILED', failure.reason, nowMs);
}

/** → EVALUATING, with the outcome that the student worker reported. */
export function trained(
  record: RunRecord,
  assignmentEpoch: number,
  outcome: RunOutcome,
  progress: ProgressSnapshot | undefined,
  nowMs: number,
): Changed {
  if (!isAssigned(record.state) || !isCurrent(record, assignmentEpoch)) return undefined;
  const next = inState(record, 'EVALUATING', '', nowMs);
  return { ...next, outcome, ...(progress !== undefined && { progress }) };
}
