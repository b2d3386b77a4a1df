/** What every change of a run's state has in common. */
import type { RunRecord } from '../../runs/index.js';
import { checkTransition, hasEnded, isAssigned, type RunStateName } from '../../schedule/index.js';

/** Undefined: nothing changes. */
export type Changed = RunRecord | undefined;

/** The record in another state: the time in TRAINING is summed up, and only states of an assigned run keep an assignment. */
export function inState(
  record: RunRecord,
  state: RunStateName,
  reason: string,
  nowMs: number,
): RunRecord {
  checkTransition(record.runId, record.state, state);
  const { assignment, numericsChange: _, ...rest } = record;
  const { trainingSinceMs } = record;
  // A clock that was put back must not make a record that cannot be read.
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

/** True while nothing that happens to its workers or asks concerns it. */
export function isHeld(state: RunStateName): boolean {
  return state === 'PAUSED' || state === 'CANCELLING';
}

/** True if the assignment is the run's still, and not that of a former owner. */
export function isCurrent({ assignment }: RunRecord, assignmentEpoch: number): boolean {
  return assignment?.assignmentEpoch === assignmentEpoch;
}
