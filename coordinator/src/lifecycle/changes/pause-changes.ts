/** How a run pauses, how it goes on, and how it goes back to before its outcome. */
import type { RunRecord } from '../../runs/index.js';
import { hasEnded, isAssigned } from '../../schedule/index.js';
import { type Changed, inState, isHeld } from './state-change.js';

/** Any state that can pause → PAUSED, without a worker. A run that is paused already keeps its first reason. */
export function paused(record: RunRecord, reason: string, nowMs: number): Changed {
  if (hasEnded(record.state) || isHeld(record.state)) return undefined;
  return inState(record, 'PAUSED', reason, nowMs);
}

/**
 * PAUSED → QUEUED, to go on from the checkpoint; → EVALUATING if training had ended.
 *
 * @param acceptNumerics - go on even if the worker computes otherwise than the checkpoint was computed.
 */
export function resumed(record: RunRecord, acceptNumerics: boolean, nowMs: number): Changed {
  if (record.state !== 'PAUSED') return undefined;
  const { numericsChange, acceptedNumerics = [] } = record;
  const next = inState(record, record.outcome === undefined ? 'QUEUED' : 'EVALUATING', '', nowMs);
  return {
    ...next,
    studentFailureCount: 0,
    studentLossCount: 0,
    ...(acceptNumerics &&
      numericsChange && { acceptedNumerics: [...acceptedNumerics, numericsChange] }),
  };
}

/**
 * Goes back to before the outcome, since answers that the run was trained on were dropped. A run that was being
 * trained or evaluated becomes QUEUED. The record keeps no outcome and no progress, and a fit only if it was not made
 * of these answers.
 */
export function wentBack(
  record: RunRecord,
  reason: string,
  isFitDropped: boolean,
  nowMs: number,
): Changed {
  if (record.state === 'SUCCEEDED') return undefined;
  const isGoing = isAssigned(record.state) || record.state === 'EVALUATING';
  const {
    outcome: _o,
    progress: _p,
    fit,
    ...rest
  } = isGoing ? inState(record, 'QUEUED', reason, nowMs) : record;
  return { ...rest, ...(!isFitDropped && fit !== undefined && { fit }) };
}
