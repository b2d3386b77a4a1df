/** Whether a session's process holds a run's assignment. Pure. */
import { isSameProcess, type SessionHolder } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { RunRecord } from '../runs/index.js';

type Assignment = RunRecord['assignment'];

export interface AssignmentName {
  readonly runId: string;
  readonly assignmentEpoch: number;
}

/** Whether this process holds the assignment. */
export function isHeldBy(assignment: Assignment, holder: SessionHolder): boolean {
  return assignment !== undefined && isSameProcess(assignment, holder);
}

/**
 * Refuses to let one process speak for an assignment that another holds.
 *
 * @param assignment - the run's current assignment, of the epoch that the caller named.
 * @throws {LyceumError} PERMISSION_DENIED
 */
export function requireHolder(
  { runId, assignmentEpoch }: AssignmentName,
  assignment: Assignment,
  holder: SessionHolder | undefined,
): void {
  if (holder !== undefined && isHeldBy(assignment, holder)) return;
  const caller = holder === undefined ? 'a call that names no session' : holder.workerId;
  const message = `assignment ${assignmentEpoch} of run ${runId} is held by another session than that of ${caller}`;
  throw new LyceumError('PERMISSION_DENIED', message);
}
