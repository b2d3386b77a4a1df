/**
 * How many teacher workers the runs need: enough that no student waits, none if no teacher is wanted. Pure.
 *
 * Symbols: v, samples per second that a run's student trains on if it need not wait; t, seconds that a worker takes
 * for one sample's inference with a teacher. A run's teachers keep workers busy for v · Σ t seconds each second, on
 * any workers, since each may load every teacher. Workers = ⌈HEADROOM · Σ v · Σ t⌉ over the runs, at least 1.
 *
 * Samples whose answers may be in the answer store already count, too, and a sample that two runs want counts twice:
 * better one worker too many than a student that waits.
 */

/** Teachers that are exactly as fast as the student never catch up after a delay. */
const HEADROOM = 1.1;

/** How long a teacher counts as wanted: when teachers have filled the window, none is wanted for a moment. */
const WANTED_FOR_MS = 30_000;

export interface TeacherWants {
  /** v; undefined: the student has not taken a step yet. */
  readonly studentRate: number | undefined;
  /** t of each wanted teacher; undefined: not measured yet. Empty: no teacher is wanted. */
  readonly secondsPerSample: readonly (number | undefined)[];
}

/**
 * @param carried - how many workers' answers the coordinator can handle: more workers would only wait.
 * @returns a count. If v or t is not measured yet, one worker is asked for, so that it gets measured.
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

/** Keys that were wanted in the last moments. */
export class RecentWants {
  readonly #wantedAtMs = new Map<string, number>();

  wanted(key: string, nowMs: number): void {
    this.#wantedAtMs.set(key, nowMs);
  }

  isRecent(key: string, nowMs: number): boolean {
    const atMs = this.#wantedAtMs.get(key);
    return atMs !== undefined && nowMs - atMs < WANTED_FOR_MS;
  }

  /** Forgets keys that are not recent. */
  forgetOld(nowMs: number): void {
    for (const key of this.#wantedAtMs.keys()) {
      if (!this.isRecent(key, nowMs)) this.#wantedAtMs.delete(key);
    }
  }
}
