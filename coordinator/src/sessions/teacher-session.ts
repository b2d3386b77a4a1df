/** One teacher worker's session: what the worker reports, and its desired state. */
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

/** How many of a worker's last problems are kept to be shown. */
const PROBLEM_COUNT = 8;

/** Why a teacher did not load, and whether only a person can put that right. */
export type LoadFailure = Pick<FailedTeacher, 'reason' | 'permanent' | 'unreadable'>;

export interface Inferences {
  readonly sampleCount: number;
  readonly inferenceSeconds: number;
}

/** Seconds that inference of one sample took lately, over all workers that have the teacher loaded. */
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
  /** Samples and seconds of recent inferences, by identity, hex. */
  readonly #inferences = new Map<string, Inferences>();
  /** Identities of the teachers that the worker is to load. */
  wanted: ReadonlySet<string> = new Set();
  /** Identities of all teachers that the worker was told to load. */
  readonly told = new Set<string>();
  /** Identities of all teachers that the worker was told to take tickets of: it may still hold some of these. */
  readonly served = new Set<string>();

  /**
   * @returns identities of the teachers that are newly loaded.
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
      const { device, trouble } = teacher;
      this.#loaded.set(identity, {
        ...teacher,
        ...(device !== undefined && { device: cut(device, HELLO_TEXT_MAX_LETTERS) }),
        ...(trouble !== undefined && { trouble: cut(trouble, REASON_MAX_LETTERS) }),
      });
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

  /** The environment that decides the bits of one teacher's answers: its device may differ from the worker's. */
  answering(teacherIdentity: string): WorkerEnvironment {
    const { device, bitsMayDiffer } = this.#loaded.get(teacherIdentity) ?? {};
    const own = this.environment();
    if (device !== undefined) {
      const { workerId, version, engine, engineVersion, computeThreads } = own;
      return { workerId, version, engine, engineVersion, computeThreads, device };
    }
    return bitsMayDiffer === true ? { ...own, bitsMayDiffer } : own;
  }

  /** Takes the samples and seconds of inferences since the worker's last report. */
  measured(teacherIdentity: string, { sampleCount, inferenceSeconds }: Inferences): void {
    const valid = inferenceSeconds >= 0 && Number.isFinite(inferenceSeconds);
    if (!valid || !this.served.has(teacherIdentity)) return;
    const before = this.#inferences.get(teacherIdentity);
    // Earlier figures count half: a worker that other programs slow down shows so after some seconds.
    this.#inferences.set(teacherIdentity, {
      sampleCount: (before?.sampleCount ?? 0) / 2 + sampleCount,
      inferenceSeconds: (before?.inferenceSeconds ?? 0) / 2 + inferenceSeconds,
    });
  }

  /** Samples and seconds of the teacher's recent inferences; undefined: none were reported. */
  inference(teacherIdentity: string): Inferences | undefined {
    return this.#inferences.get(teacherIdentity);
  }

  /** Why the worker could not load a teacher; undefined: loading has not failed. */
  failure(teacherIdentity: string): LoadFailure | undefined {
    return this.#failures.get(teacherIdentity);
  }

  /** Identities of the teachers that the worker may have in memory. */
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
    const silent = [...this.#loaded].flatMap(([identity, { trouble }]) =>
      trouble === undefined ? [] : [`teacher ${identity.slice(0, 12)} does not answer: ${trouble}`],
    );
    return [...failures, ...silent, ...this.#problems];
  }
}
