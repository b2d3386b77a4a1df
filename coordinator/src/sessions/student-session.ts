/** One student worker's session: what it said of itself, and what it is told. */
import type { StudentAssignment, StudentHello, StudentState } from '@lyceum/proto';
import type { AssignmentName } from './assignment-holder.js';
import { WorkerSession } from './worker-session.js';

export class StudentSession extends WorkerSession<StudentHello, StudentAssignment> {
  #state: StudentState | undefined;
  /** Ids of runs that it was ever told to train. */
  readonly told = new Set<string>();

  report(state: StudentState): void {
    this.#state = state;
  }

  /** The run that it said it works on; empty: none, or it has not said. */
  get runId(): string {
    return this.#state?.runId ?? '';
  }

  /** Why the pictures of an assignment's set cannot be read at this moment, as it said; undefined: they can. */
  picturesAwaited({ runId, assignmentEpoch }: AssignmentName): string | undefined {
    const told = this.#state;
    const isOf = told?.runId === runId && told.assignmentEpoch === assignmentEpoch;
    return isOf ? told.picturesAwaited : undefined;
  }
}
