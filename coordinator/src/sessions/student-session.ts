/** One student worker's session: what it said of itself, and what it is told. */
import type { StudentAssignment, StudentHello, StudentState } from '@lyceum/proto';
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
}
