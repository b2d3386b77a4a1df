/**
 * What a student worker does with a new desired state. Pure.
 *
 * Each message of the coordinator is the whole desired state, so the decision compares it with the worker's present
 * run and needs no history. An assignment epoch rises whenever the coordinator gives a run to a worker, even to the
 * same one again, and the run's pointer then names that epoch. Therefore:
 *
 * - the same run at the same epoch is the training that the worker has, even if that has ended;
 * - the same run at a newer epoch is a new training: the present one could no longer move the pointer, so it is left
 *   and the run starts from the pointer. This repeats at most one checkpoint interval;
 * - the same run at an older epoch is out of date and changes nothing.
 */

/** One assignment of a run to a worker. */
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
