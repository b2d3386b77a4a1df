/** Which session a run is assigned to. Pure. */
import { isSameProcess, type SessionHolder } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { RunRecord } from '../runs/index.js';

type Assignment = RunRecord['assignment'];

export interface AssignmentName {
  readonly runId: string;
  readonly assignmentEpoch: number;
}

/** Whether the assignment is this process'. */
export function isHeldBy(assignment: Assignment, holder: SessionHolder): boolean {
  return assignment !== undefined && isSameProcess(assignment, holder);
}

/**
 * Refuses to let one process speak for an assignment that another holds.
 *
 * @param assignment - the run's current one, under the epoch that was named.
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
