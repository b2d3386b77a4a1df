/** One teacher worker's session: what it said of itself, and what it is told. */
import {
  digestHex,
  type LoadedTeacher,
  type LyceumError,
  type TeacherAssignment,
  type TeacherHello,
  type TeacherState,
} from '@lyceum/proto';
import { DesiredState } from './desired-state.js';
import type { WorkerEnvironment } from './run-monitor.js';
import type { WorkerSession } from './worker-sessions.js';

/** Problems of a worker that are kept to be shown. */
const PROBLEM_COUNT = 8;

export class TeacherSession implements WorkerSession {
  readonly workerId: string;
  readonly hello: TeacherHello;
  readonly connectedAtMs: number;
  readonly desired: DesiredState<TeacherAssignment>;
  readonly #ended = new AbortController();
  /** By identity, hex. */
  readonly #loaded = new Map<string, LoadedTeacher>();
  readonly #problems: string[] = [];
  /** Reasons by identity, hex. */
  #failures: ReadonlyMap<string, string> = new Map();
  /** Identities that it was told to have. */
  wanted: ReadonlySet<string> = new Set();

  constructor(
    hello: TeacherHello,
    connectedAtMs: number,
    send: (assignment: TeacherAssignment) => Promise<void>,
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

  /** @returns identities that it has now and had not before. */
  report(state: TeacherState): string[] {
    const loaded = state.loaded.map((t) => [digestHex(t.teacherIdentity), t] as const);
    const fresh = loaded.map(([identity]) => identity).filter((id) => !this.#loaded.has(id));
    this.#loaded.clear();
    for (const [identity, teacher] of loaded) this.#loaded.set(identity, teacher);
    this.#failures = new Map(
      state.failed.map(({ teacherIdentity, reason }) => [digestHex(teacherIdentity), reason]),
    );
    return fresh;
  }

  loaded(): ReadonlyMap<string, LoadedTeacher> {
    return this.#loaded;
  }

  /** Why it could not load a teacher; undefined: it has not failed to. */
  failure(teacherIdentity: string): string | undefined {
    return this.#failures.get(teacherIdentity);
  }

  /** Teachers whose tickets it may have taken. */
  served(): Set<string> {
    return new Set([...this.#loaded.keys(), ...this.wanted]);
  }

  addProblem(problem: string): void {
    this.#problems.push(problem);
    if (this.#problems.length > PROBLEM_COUNT) this.#problems.shift();
  }

  problems(): string[] {
    const failures = [...this.#failures].map(
      ([identity, reason]) => `teacher ${identity.slice(0, 12)} not loaded: ${reason}`,
    );
    return [...failures, ...this.#problems];
  }

  environment(): WorkerEnvironment {
    return environmentOf(this.hello);
  }
}

/** What of a worker decides about the bits of its results. */
export function environmentOf(
  hello: Pick<TeacherHello, 'workerId' | 'version' | 'device'>,
): WorkerEnvironment {
  const { workerId, version, device } = hello;
  return {
    workerId,
    version,
    engine: device?.engine ?? '',
    engineVersion: device?.engineVersion ?? '',
    computeThreads: device?.computeThreads ?? 0,
    device: device?.device ?? '',
  };
}
