/** What the stages have in common that ask teachers: each at its own pace, and together no more than may be asked. */
import { LyceumError, toLyceumError } from '@lyceum/proto';

/** Why a teacher is not done. */
export interface TeacherFailure {
  readonly teacher: string;
  readonly reason: string;
}

/** What a server says of one call and not of all: the answer is that there is none. */
export const OF_THE_CALL: ReadonlySet<number> = new Set([400, 413, 422]);

/** A teacher that fails stops no other. */
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

/** HTTP requests of all teachers together, those that are repeated included. */
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

  /** Before each request. @throws {LyceumError} RESOURCE_EXHAUSTED if there may be no more; the signal's reason. */
  readonly allow = (): void => {
    this.#signal.throwIfAborted();
    if (this.#made >= this.#most) {
      throw new LyceumError(
        'RESOURCE_EXHAUSTED',
        `the ${this.#most} calls of --max-calls are made`,
      );
    }
    this.#made += 1;
  };
}
