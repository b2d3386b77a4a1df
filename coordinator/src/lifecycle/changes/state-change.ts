/** What all changes of a run's state share. */
import type { RunRecord } from '../../runs/index.js';
import { checkTransition, hasEnded, isAssigned, type RunStateName } from '../../schedule/index.js';

/** Undefined: nothing changes. */
export type Changed = RunRecord | undefined;

/**
 * The record in another state. Adds up the time in TRAINING; keeps the assignment only in states of an assigned run.
 */
export function inState(
  record: RunRecord,
  state: RunStateName,
  reason: string,
  nowMs: number,
): RunRecord {
  checkTransition(record.runId, record.state, state);
  const { assignment, numericsChange: _, ...rest } = record;
  const { trainingSinceMs } = record;
  // If the clock was put back, the time must not become negative: such a record could not be read.
  const sinceMs = trainingSinceMs > 0 ? Math.max(0, nowMs - trainingSinceMs) : 0;
  return {
    ...rest,
    ...(assignment !== undefined && isAssigned(state) && { assignment }),
    state,
    reason,
    trainingMs: record.trainingMs + sinceMs,
    trainingSinceMs: state === 'TRAINING' ? nowMs : 0,
    endedAtMs: hasEnded(state) ? nowMs : record.endedAtMs,
  };
}

/** True while events of the run's workers or asks do not change it. */
export function isHeld(state: RunStateName): boolean {
  return state === 'PAUSED' || state === 'CANCELLING';
}

/** True if the assignment still is the run's, and not a former owner's. */
export function isCurrent({ assignment }: RunRecord, assignmentEpoch: number): boolean {
  return assignment?.assignmentEpoch === assignmentEpoch;
}
