/** How a run pauses and goes on, and how it goes back to before its outcome. */
import type { RunRecord } from '../../runs/index.js';
import { hasEnded, isAssigned } from '../../schedule/index.js';
import { type Changed, inState, isHeld } from './state-change.js';

/** Whatever it does → PAUSED, without its worker. The first reason stays: it came before the others. */
export function paused(record: RunRecord, reason: string, nowMs: number): Changed {
  if (hasEnded(record.state) || isHeld(record.state)) return undefined;
  return inState(record, 'PAUSED', reason, nowMs);
}

/**
 * PAUSED → where it goes on: from the checkpoint, or in the evaluation where training had ended.
 *
 * @param acceptNumerics - also where the worker computes otherwise than the checkpoint was computed.
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
 * Back to before its outcome, since answers that it was trained on were dropped: where it was being trained or evaluated,
 * → QUEUED. It keeps no outcome and no progress, and a fit only if that was not made of them.
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
