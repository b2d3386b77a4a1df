/**
 * What a run was like over its steps, in bounded memory: sums of some figures over buckets of equally many steps.
 *
 * There are at most {@link HISTORY_BUCKETS}. When a step needs one more, all buckets become twice as wide. So a
 * bucket's content depends on the steps alone: a run that lost steps with a worker and took them again has the same
 * history as one that did not, apart from times.
 *
 * Symbols: W columns; bucket i holds the sums over steps [i·w, (i+1)·w), w a power of two.
 */
import { LyceumError } from '@lyceum/proto';

/** Enough for a curve as wide as a screen; 64 kB with 16 columns. */
export const HISTORY_BUCKETS = 512;

/** Buckets from `firstBucket` to the newest, as messages and files hold them. */
export interface HistoryPart {
  /** w. */
  readonly bucketSteps: number;
  readonly firstBucket: number;
  /** Steps taken; the last bucket may have fewer than w. */
  readonly endStep: number;
  /** [buckets, W], sums. */
  readonly values: number[];
}

/** A stretch of steps, [firstStep, endStep), with the mean of each column over a step. */
interface HistoryPoint {
  readonly firstStep: number;
  readonly endStep: number;
  /** [W]; NaN: not known. */
  readonly means: readonly number[];
}

export class StepHistory {
  readonly #width: number;
  #bucketSteps = 1;
  #endStep = 0;
  /** [buckets, W] */
  #sums: number[] = [];

  constructor(columnCount: number) {
    this.#width = columnCount;
  }

  /** Steps taken. */
  get endStep(): number {
    return this.#endStep;
  }

  /** Adds the next step. @param values - [W]. */
  add(values: readonly number[]): void {
    this.#endStep++;
    while (this.#bucketOf(this.#endStep - 1) >= HISTORY_BUCKETS) this.#widen();
    this.addToNewest(values);
  }

  /** Adds to the step that was added last. @param values - [W]. */
  addToNewest(values: readonly number[]): void {
    const at = this.#bucketOf(this.#endStep - 1) * this.#width;
    for (const [column, value] of values.entries()) {
      this.#sums[at + column] = (this.#sums[at + column] ?? 0) + value;
    }
  }

  /** Everything from the bucket of a step on. */
  from(step: number): HistoryPart {
    const firstBucket = this.#bucketOf(Math.min(step, Math.max(0, this.#endStep - 1)));
    return {
      bucketSteps: this.#bucketSteps,
      firstBucket,
      endStep: this.#endStep,
      values: this.#sums.slice(firstBucket * this.#width),
    };
  }

  /**
   * Replaces everything from the part's first bucket on. Steps before it that were never reported become NaN.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if it is no part of a history, or has narrower buckets.
   */
  put(part: HistoryPart): void {
    const { bucketSteps, firstBucket, endStep, values } = part;
    requirePart(part, this.#width);
    if (firstBucket > 0 && this.#bucketSteps > bucketSteps) {
      throw invalid(`has buckets of ${bucketSteps} steps; want at least ${this.#bucketSteps}`);
    }
    while (firstBucket > 0 && this.#bucketSteps < bucketSteps) this.#widen();
    if (firstBucket * bucketSteps > this.#endStep) this.#forgetUntil(firstBucket);
    this.#sums = [...this.#sums.slice(0, firstBucket * this.#width), ...values];
    this.#bucketSteps = bucketSteps;
    this.#endStep = endStep;
  }

  /**
   * The steps [firstStep, endStep) as at most `pointCount` points of equally many buckets; ends are rounded to whole
   * buckets.
   */
  points(firstStep: number, endStep: number, pointCount: number): HistoryPoint[] {
    const end = Math.min(endStep, this.#endStep);
    if (firstStep >= end) return [];
    const first = this.#bucketOf(firstStep);
    const last = this.#bucketOf(end - 1);
    // Each point has at least one bucket, however many points are asked for, even infinitely many.
    const together = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, pointCount)));
    const points: HistoryPoint[] = [];
    for (let bucket = first; bucket <= last; bucket += together) {
      points.push(this.#point(bucket, Math.min(bucket + together, last + 1)));
    }
    return points;
  }

  #point(firstBucket: number, endBucket: number): HistoryPoint {
    const firstStep = firstBucket * this.#bucketSteps;
    const endStep = Math.min(endBucket * this.#bucketSteps, this.#endStep);
    const means = Array.from({ length: this.#width }, (_, column) => {
      let sum = 0;
      for (let bucket = firstBucket; bucket < endBucket; bucket++) {
        sum += this.#sums[bucket * this.#width + column] ?? 0;
      }
      return sum / (endStep - firstStep);
    });
    return { firstStep, endStep, means };
  }

  /** Marks buckets before this one as not known if they are not whole. */
  #forgetUntil(bucket: number): void {
    const whole = this.#bucketOf(this.#endStep) * this.#width;
    const missing = new Array<number>(bucket * this.#width - whole).fill(Number.NaN);
    this.#sums = [...this.#sums.slice(0, whole), ...missing];
  }

  #bucketOf(step: number): number {
    return Math.floor(step / this.#bucketSteps);
  }

  /** Joins each two buckets into one. */
  #widen(): void {
    const before = this.#sums;
    const width = this.#width;
    const count = Math.ceil(before.length / width / 2);
    this.#bucketSteps *= 2;
    this.#sums = Array.from({ length: count * width }, (_, i) => {
      const at = 2 * (i - (i % width)) + (i % width);
      return (before[at] as number) + (before[at + width] ?? 0);
    });
  }
}

function requirePart(
  { bucketSteps, firstBucket, endStep, values }: HistoryPart,
  width: number,
): void {
  const isPowerOfTwo = bucketSteps >= 1 && 2 ** Math.round(Math.log2(bucketSteps)) === bucketSteps;
  const buckets = isPowerOfTwo ? Math.ceil(endStep / bucketSteps) : -1;
  const isWhole = Number.isSafeInteger(endStep) && Number.isSafeInteger(firstBucket);
  if (!isWhole || endStep < 0 || firstBucket < 0 || buckets < 0 || buckets > HISTORY_BUCKETS) {
    throw invalid(
      `has ${buckets} buckets of ${bucketSteps} steps; want at most ${HISTORY_BUCKETS} of a power of two`,
    );
  }
  const want = (buckets - firstBucket) * width;
  if (values.length !== want) throw invalid(`has ${values.length} values; want ${want}`);
}

function invalid(what: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `a run's history ${what}`);
}
