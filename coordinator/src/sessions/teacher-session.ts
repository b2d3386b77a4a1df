/** One teacher worker's session: what it said of itself, and what it is told. */
import {
  cut,
  digestHex,
  type FailedTeacher,
  HELLO_TEXT_MAX_LETTERS,
  type LoadedTeacher,
  LyceumError,
  REASON_MAX_LETTERS,
  REPORT_MAX_TEACHERS,
  type TeacherAssignment,
  type TeacherHello,
  type TeacherState,
} from '@lyceum/proto';
import type { WorkerEnvironment } from '../runs/index.js';
import { WorkerSession } from './worker-session.js';

/** Problems of a worker that are kept to be shown. */
const PROBLEM_COUNT = 8;

/** Why a teacher did not load, and whether only a person can put that right. */
export type LoadFailure = Pick<FailedTeacher, 'reason' | 'permanent' | 'unreadable'>;

export interface Inferences {
  readonly sampleCount: number;
  readonly inferenceSeconds: number;
}

/** Seconds that a teacher's inference of a sample took lately, over all workers that have it. */
export function secondsPerSample(
  sessions: readonly TeacherSession[],
  teacherIdentity: string,
): number | undefined {
  const measured = sessions.flatMap((session) => session.inference(teacherIdentity) ?? []);
  const samples = measured.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const seconds = measured.reduce((sum, { inferenceSeconds }) => sum + inferenceSeconds, 0);
  return samples === 0 ? undefined : seconds / samples;
}

export class TeacherSession extends WorkerSession<TeacherHello, TeacherAssignment> {
  /** By identity, hex. */
  readonly #loaded = new Map<string, LoadedTeacher>();
  readonly #problems: string[] = [];
  /** By identity, hex. */
  #failures: ReadonlyMap<string, LoadFailure> = new Map();
  /** What inferences took lately, by identity, hex. */
  readonly #inferences = new Map<string, Inferences>();
  /** Identities that it was told to have. */
  wanted: ReadonlySet<string> = new Set();
  /** Identities that it was ever told to have. */
  readonly told = new Set<string>();
  /** Identities that it was ever told to take tickets of: some may be in its hands still. */
  readonly served = new Set<string>();

  /**
   * @returns identities that it has now and had not before.
   * @throws {LyceumError} INVALID_ARGUMENT
   */
  report(state: TeacherState): string[] {
    if (state.loaded.length + state.failed.length > REPORT_MAX_TEACHERS) {
      const message = `a state of more than ${REPORT_MAX_TEACHERS} teachers`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const odd = state.loaded.find(({ latencyBatch1Ms: ms }) => !(Number.isFinite(ms) && ms >= 0));
    if (odd !== undefined) {
      const message = `a teacher's inference takes ${odd.latencyBatch1Ms} ms; want a number from 0`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const loaded = state.loaded.map((t) => [digestHex(t.teacherIdentity), t] as const);
    const fresh = loaded.map(([identity]) => identity).filter((id) => !this.#loaded.has(id));
    this.#loaded.clear();
    for (const [identity, teacher] of loaded) {
      const { device } = teacher;
      const shown = device === undefined ? {} : { device: cut(device, HELLO_TEXT_MAX_LETTERS) };
      this.#loaded.set(identity, { ...teacher, ...shown });
    }
    this.#failures = new Map(
      state.failed.map((failed) => [
        digestHex(failed.teacherIdentity),
        { ...failed, reason: cut(failed.reason, REASON_MAX_LETTERS) },
      ]),
    );
    return fresh;
  }

  loaded(): ReadonlyMap<string, LoadedTeacher> {
    return this.#loaded;
  }

  /** What decides about the bits of one teacher's answers, which another device may compute than its worker's. */
  answering(teacherIdentity: string): WorkerEnvironment {
    const { device, bitsMayDiffer } = this.#loaded.get(teacherIdentity) ?? {};
    const own = this.environment();
    if (device !== undefined) {
      const { workerId, version, engine, engineVersion, computeThreads } = own;
      return { workerId, version, engine, engineVersion, computeThreads, device };
    }
    return bitsMayDiffer === true ? { ...own, bitsMayDiffer } : own;
  }

  /** What inferences took since the last call. */
  measured(teacherIdentity: string, { sampleCount, inferenceSeconds }: Inferences): void {
    const valid = inferenceSeconds >= 0 && Number.isFinite(inferenceSeconds);
    if (!valid || !this.served.has(teacherIdentity)) return;
    const before = this.#inferences.get(teacherIdentity);
    // Half of what was: a worker that others slow down is seen to be slower after some seconds.
    this.#inferences.set(teacherIdentity, {
      sampleCount: (before?.sampleCount ?? 0) / 2 + sampleCount,
      inferenceSeconds: (before?.inferenceSeconds ?? 0) / 2 + inferenceSeconds,
    });
  }

  /** What the teacher's inferences took lately; undefined: nothing is known. */
  inference(teacherIdentity: string): Inferences | undefined {
    return this.#inferences.get(teacherIdentity);
  }

  /** Why it could not load a teacher; undefined: it has not failed to. */
  failure(teacherIdentity: string): LoadFailure | undefined {
    return this.#failures.get(teacherIdentity);
  }

  /** Teachers that it may have in memory. */
  present(): ReadonlySet<string> {
    return this.#loaded.size === 0
      ? this.wanted
      : new Set([...this.#loaded.keys(), ...this.wanted]);
  }

  addProblem(problem: string): void {
    this.#problems.push(cut(problem, REASON_MAX_LETTERS));
    if (this.#problems.length > PROBLEM_COUNT) this.#problems.shift();
  }

  problems(): string[] {
    const failures = [...this.#failures].map(
      ([identity, { reason }]) => `teacher ${identity.slice(0, 12)} not loaded: ${reason}`,
    );
    return [...failures, ...this.#problems];
  }
}
