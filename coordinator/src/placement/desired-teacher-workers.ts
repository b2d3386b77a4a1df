/**
 * How many teacher workers the runs ask for: so many that no student waits, none when no teacher is wanted. Pure.
 *
 * Symbols: v samples per second that a run's student takes when it does not wait; t seconds that a worker's inference
 * of one sample takes a teacher. A run's teachers keep workers busy for v · Σ t seconds a second, whichever
 * worker does it, since each may load every teacher. Workers = ⌈HEADROOM · Σ v · Σ t⌉ over the runs, at least 1.
 *
 * It counts every sample of a run that wants answers, though some may be in the answer store, and equal wants of two
 * runs twice: rather a worker too many than a student that waits.
 */

/** Teachers that are exactly as fast as the student never make up for what they once lost. */
const HEADROOM = 1.1;

/** Teachers that are ahead have filled the window, and for a moment nothing is wanted. */
const WANTED_FOR_MS = 30_000;

export interface TeacherWants {
  /** v; undefined: it has not taken a step yet. */
  readonly studentRate: number | undefined;
  /** t of each teacher that is wanted; undefined: it has not been measured yet. Empty: none is wanted. */
  readonly secondsPerSample: readonly (number | undefined)[];
}

/**
 * @param carried - workers whose answers the coordinator can carry: more would only wait.
 * @returns a count. What is not measured yet asks for a worker that will tell.
 */
export function desiredTeacherWorkers(
  runs: readonly TeacherWants[],
  carried = Number.POSITIVE_INFINITY,
): number {
  const wanting = runs.filter(({ secondsPerSample }) => secondsPerSample.length > 0);
  if (wanting.length === 0) return 0;
  const busy = wanting.reduce(
    (sum, { studentRate = 0, secondsPerSample }) =>
      sum + studentRate * secondsPerSample.reduce<number>((total, t = 0) => total + t, 0),
    0,
  );
  return Math.max(1, Math.min(carried, Math.ceil(HEADROOM * busy)));
}

/** What was wanted a moment ago. */
export class RecentWants {
  readonly #wantedAtMs = new Map<string, number>();

  wanted(key: string, nowMs: number): void {
    this.#wantedAtMs.set(key, nowMs);
  }

  isRecent(key: string, nowMs: number): boolean {
    const atMs = this.#wantedAtMs.get(key);
    return atMs !== undefined && nowMs - atMs < WANTED_FOR_MS;
  }

  /** Forgets what is not recent. */
  forgetOld(nowMs: number): void {
    for (const key of this.#wantedAtMs.keys()) {
      if (!this.isRecent(key, nowMs)) this.#wantedAtMs.delete(key);
    }
  }
}
