/** One student worker's session: what the worker reports, and its desired state. */
import type { StudentAssignment, StudentHello, StudentState } from '@lyceum/proto';
import type { AssignmentName } from './assignment-holder.js';
import { WorkerSession } from './worker-session.js';

export class StudentSession extends WorkerSession<StudentHello, StudentAssignment> {
  #state: StudentState | undefined;
  /** Ids of all runs that the worker was told to train. */
  readonly told = new Set<string>();

  report(state: StudentState): void {
    this.#state = state;
  }

  /** Id of the run that the worker says it works on; empty: none, or it has not reported yet. */
  get runId(): string {
    return this.#state?.runId ?? '';
  }

  /** Why the worker cannot read the pictures of its assignment's set at this moment; undefined: it can. */
  picturesAwaited({ runId, assignmentEpoch }: AssignmentName): string | undefined {
    const told = this.#state;
    const isOf = told?.runId === runId && told.assignmentEpoch === assignmentEpoch;
    return isOf ? told.picturesAwaited : undefined;
  }
}
