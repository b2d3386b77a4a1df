/**
 * What a student worker does when it is told its desired state. Pure.
 *
 * Each message of the coordinator is the whole desired state, so the decision compares it with what the
 * worker has and needs no history. An assignment epoch rises whenever the coordinator gives a run to a
 * worker, also to the same one again, and its pointer then names that epoch. Therefore:
 *
 * - the same run at the same epoch is the training that is already under way, whatever became of it;
 * - the same run at a newer epoch is a new training: what is under way could no longer move the pointer,
 *   so it is left and the run starts from the pointer. This repeats at most one checkpoint interval;
 * - the same run at an older epoch is old news and changes nothing.
 */

/** A run given to a worker once. */
export interface AssignmentKey {
  readonly runId: string;
  readonly assignmentEpoch: number;
}

/**
 * - `keep`    go on as it is, working or free
 * - `ignore`  the assignment is older than the one under way
 * - `leave`   leave the current run; the worker is free
 * - `start`   leave the current run, if there is one, and start the desired one
 */
export type AssignmentDecision = 'keep' | 'ignore' | 'leave' | 'start';

export function decideAssignment(
  current: AssignmentKey | undefined,
  desired: AssignmentKey | undefined,
): AssignmentDecision {
  if (desired === undefined) return current === undefined ? 'keep' : 'leave';
  if (current?.runId !== desired.runId) return 'start';
  if (current.assignmentEpoch === desired.assignmentEpoch) return 'keep';
  return current.assignmentEpoch > desired.assignmentEpoch ? 'ignore' : 'start';
}
