/** Shared by all stages that ask teachers: each teacher is asked at its own pace, and one limit is for all calls. */
import { LyceumError, toLyceumError } from '@lyceum/proto';

/** A teacher that could not finish, and why. */
export interface TeacherFailure {
  readonly teacher: string;
  readonly reason: string;
}

/** HTTP statuses that refuse a single call, not all: the inputs of that call get no answer. */
export const OF_THE_CALL: ReadonlySet<number> = new Set([400, 413, 422]);

/** Asks all teachers concurrently: a teacher that fails stops no other. */
export async function eachTeacher<T extends { readonly name: string }>(
  teachers: readonly T[],
  ask: (teacher: T, k: number) => Promise<void>,
): Promise<TeacherFailure[]> {
  const ends = await Promise.allSettled(teachers.map(ask));
  return ends.flatMap((end, k) => {
    const teacher = teachers[k]?.name ?? '';
    return end.status === 'fulfilled'
      ? []
      : [{ teacher, reason: toLyceumError(end.reason).message }];
  });
}

/** Limits the HTTP requests of all teachers together, repeated requests included. */
export class CallLimit {
  readonly #most: number;
  readonly #signal: AbortSignal;
  #made = 0;

  /** @param maxCalls - undefined: any number. */
  constructor(maxCalls: number | undefined, signal: AbortSignal) {
    this.#most = maxCalls ?? Number.POSITIVE_INFINITY;
    this.#signal = signal;
  }

  get made(): number {
    return this.#made;
  }

  /** Call before each request. @throws {LyceumError} RESOURCE_EXHAUSTED at the limit; the signal's reason. */
  readonly allow = (): void => {
    this.#signal.throwIfAborted();
    if (this.#made >= this.#most) {
      throw new LyceumError(
        'RESOURCE_EXHAUSTED',
        `the limit of --max-calls ${this.#most} is reached`,
      );
    }
    this.#made += 1;
  };
}
