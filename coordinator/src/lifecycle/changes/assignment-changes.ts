/** What becomes of a run with its student worker, from its assignment to the end of its training. */
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
 * Student workers in a row that may be lost without a new checkpoint: more than are lost by chance, machines that are taken away
 * included.
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

/** PREPARING → FITTING, as the assigned worker is ready and the rule is not. */
export function fitting(record: RunRecord, assignmentEpoch: number, nowMs: number): Changed {
  if (record.state !== 'PREPARING' || !isCurrent(record, assignmentEpoch)) return undefined;
  return inState(record, 'FITTING', '', nowMs);
}

/** Keeps what the rule was fitted to. The first fit stays: an equal one would follow. */
export function fitted(record: RunRecord, fit: RunFit): Changed {
  return record.fit === undefined ? { ...record, fit } : undefined;
}

/** PREPARING or FITTING → TRAINING, as the assigned worker begins. */
export function trainingBegan(record: RunRecord, assignmentEpoch: number, nowMs: number): Changed {
  const begins = record.state === 'PREPARING' || record.state === 'FITTING';
  if (!begins || !isCurrent(record, assignmentEpoch)) return undefined;
  return inState(record, 'TRAINING', '', nowMs);
}

/** Keeps the progress of a run that a new checkpoint stands for. */
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
 * As {@link released}, for a worker that is gone. Where one after the other goes without a new checkpoint the run is paused: it may
 * end its workers itself, and other runs wait for them.
 */
export function workerLost(
  record: RunRecord,
  assignmentEpoch: number,
  reason: string,
  nowMs: number,
): Changed {
  const next = released(record, assignmentEpoch, reason, nowMs);
  // A rule is fitted without the worker's doing.
  if (next === undefined || record.state === 'FITTING') return next;
  const studentLossCount = record.studentLossCount + 1;
  if (studentLossCount < STUDENT_LOSS_LIMIT) return { ...next, studentLossCount };
  const why = `${reason}, the ${studentLossCount}th in a row without a new checkpoint: a process that takes more memory than there is ends so`;
  const remedy = `give student workers more, or the run a smaller student or batch, or checkpoints more often; coordinator resume ${record.runId} goes on`;
  return paused(record, `${why}; ${remedy}`, nowMs);
}

/**
 * As {@link released}, for a worker that failed: after some times in a row the run fails. Where the worker
 * had no room to write, a set or a checkpoint that it cannot read, or a checkpoint of other numerics, the run is paused:
 * another attempt would only fail like this one. Where it lost an assignment that the record still names, as after a
 * claim whose receipt was lost, the next one has an epoch that record and pointer share again.
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

/** → EVALUATING, with what the student worker left. */
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
