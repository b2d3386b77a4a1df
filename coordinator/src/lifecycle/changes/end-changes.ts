/** How a run ends, and how it is tried again. */
import { LyceumError } from '@lyceum/proto';
import type { RunRecord } from '../../runs/index.js';
import { hasEnded } from '../../schedule/index.js';
import { type Changed, inState, isHeld } from './state-change.js';

/** EVALUATING → SUCCEEDED. */
export function succeeded(
  record: RunRecord,
  report: { readonly reportDigest: string; readonly predictionsDigest: string },
  nowMs: number,
): Changed {
  if (record.state !== 'EVALUATING') return undefined;
  return { ...inState(record, 'SUCCEEDED', '', nowMs), report };
}

/** Any state that can fail → FAILED. A paused run does nothing that could fail. */
export function failed(record: RunRecord, reason: string, nowMs: number): Changed {
  if (hasEnded(record.state) || isHeld(record.state)) return undefined;
  return inState(record, 'FAILED', reason, nowMs);
}

/**
 * → CANCELLING. The record keeps the assignment, so that the worker can be waited for.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if the run has ended.
 */
export function cancelling(record: RunRecord, reason: string, nowMs: number): Changed {
  if (record.state === 'CANCELLING') return undefined;
  if (hasEnded(record.state)) {
    throw new LyceumError('FAILED_PRECONDITION', `run ${record.runId} has ended: ${record.state}`);
  }
  const next = inState(record, 'CANCELLING', reason, nowMs);
  return record.assignment === undefined ? next : { ...next, assignment: record.assignment };
}

/** CANCELLING → CANCELLED. */
export function cancelled(record: RunRecord, nowMs: number): Changed {
  if (record.state !== 'CANCELLING') return undefined;
  return inState(record, 'CANCELLED', record.reason, nowMs);
}

/**
 * FAILED or CANCELLED → the next attempt: QUEUED, to go on from the checkpoint, or EVALUATING if training had ended.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if the run has not ended, or has succeeded.
 */
export function retried(record: RunRecord, nowMs: number): RunRecord {
  const { runId, state } = record;
  if (state !== 'FAILED' && state !== 'CANCELLED') {
    const message = `run ${runId} is ${state}; only a run that FAILED or was CANCELLED is tried again`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const next = inState(record, record.outcome === undefined ? 'QUEUED' : 'EVALUATING', '', nowMs);
  return {
    ...next,
    attempt: record.attempt + 1,
    studentFailureCount: 0,
    studentLossCount: 0,
    endedAtMs: 0,
  };
}
