/** One student worker's session: what it said of itself, and what it is told. */
import type { LyceumError, StudentAssignment, StudentHello, StudentState } from '@lyceum/proto';
import { DesiredState } from './desired-state.js';
import type { WorkerEnvironment } from './run-monitor.js';
import { environmentOf } from './teacher-session.js';
import type { WorkerSession } from './worker-sessions.js';

export class StudentSession implements WorkerSession {
  readonly workerId: string;
  readonly hello: StudentHello;
  readonly connectedAtMs: number;
  readonly desired: DesiredState<StudentAssignment>;
  readonly #ended = new AbortController();
  #state: StudentState | undefined;

  constructor(
    hello: StudentHello,
    connectedAtMs: number,
    send: (assignment: StudentAssignment) => Promise<void>,
  ) {
    this.workerId = hello.workerId;
    this.hello = hello;
    this.connectedAtMs = connectedAtMs;
    this.desired = new DesiredState(send);
  }

  /** Aborts when the session is to end. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  end(reason: LyceumError): void {
    this.#ended.abort(reason);
  }

  report(state: StudentState): void {
    this.#state = state;
  }

  /** The run that it said it works on; empty: none, or it has not said. */
  get runId(): string {
    return this.#state?.runId ?? '';
  }

  environment(): WorkerEnvironment {
    return environmentOf(this.hello);
  }
}
