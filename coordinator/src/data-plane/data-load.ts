/**
 * How busy the data plane is: the shares of the last seconds in which the event loop, which carries frames, and the
 * data threads worked. Pure.
 */

/** Seconds that shares are taken over. */
const WINDOW_MS = 10_000;

/**
 * At this share more answers would only wait: other work of the process, garbage collection above all, takes the rest.
 */
const FULL_SHARE = 0.9;

export interface DataReading {
  readonly atMs: number;
  /** Milliseconds that the event loop has worked since the start. */
  readonly eventLoopMs: number;
  /** Milliseconds that all threads together have worked. */
  readonly threadsMs: number;
}

export interface DataShares {
  readonly eventLoop: number;
  readonly dataThreads: number;
}

export class DataLoad {
  readonly #threadCount: number;
  readonly #readings: DataReading[] = [];

  /** @param threadCount - data threads at most. */
  constructor(threadCount: number) {
    this.#threadCount = threadCount;
  }

  /** To be called about once a second. */
  note(reading: DataReading): void {
    this.#readings.push(reading);
    while ((this.#readings[1]?.atMs ?? Number.POSITIVE_INFINITY) <= reading.atMs - WINDOW_MS) {
      this.#readings.shift();
    }
  }

  /** 0 before there are two readings. */
  get shares(): DataShares {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (first === undefined || last === undefined || first === last) {
      return { eventLoop: 0, dataThreads: 0 };
    }
    const ms = last.atMs - first.atMs;
    // Milliseconds of a thread that has died are lost, so that the sum may fall.
    const threadsMs = Math.max(0, last.threadsMs - first.threadsMs);
    return {
      eventLoop: (last.eventLoopMs - first.eventLoopMs) / ms,
      dataThreads: threadsMs / (ms * this.#threadCount),
    };
  }

  /** What keeps more answers from being carried; undefined: nothing. */
  get bottleneck(): 'event loop' | 'data threads' | undefined {
    const { eventLoop, dataThreads } = this.shares;
    if (Math.max(eventLoop, dataThreads) < FULL_SHARE) return undefined;
    return eventLoop >= dataThreads ? 'event loop' : 'data threads';
  }
}
