/**
 * Finds calls of a thread that take too long. The thread carries out one call after another, so the first one is the
 * present one.
 *
 * A model may compute for ever, in code that ends only with its process. So a call has a limit, after which it fails,
 * and its run is paused with the reason. Once no run wants the teacher, the thread counts as hung.
 */
import { LyceumError } from '@lyceum/proto';

/** How long a call may take. */
export interface CallLimits {
  /** After this time the call fails. */
  readonly limitMs: number;
  /**
   * After a teacher has been unwanted for this long, the thread counts as hung. Longer than calls that
   * end by themselves.
   */
  readonly unwantedMs: number;
}

interface Call extends CallLimits {
  readonly identity: string;
  readonly fail: (err: LyceumError) => void;
}

export interface CallWatchOptions {
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Called once a call: the thread has been at this teacher for so many seconds. */
  readonly slow: (identity: string, seconds: number) => void;
  /** Called if the thread does not come back from a teacher that is not wanted any more. */
  readonly hung: (reason: Error) => void;
}

/** How long a call takes before it is logged as slow. */
export const SLOW_MS = 60_000;

const OPEN_LIMIT_MS = 30 * 60_000;

/** Time that a ticket may take for each sample, in addition. */
const SAMPLE_LIMIT_MS = 10_000;

/** Time that an unwanted call may take in addition to its usual time. */
const UNWANTED_MS = 60_000;

/** A sample may take so many times its measured time: other programs use the machine, too. */
const TIMES_SLOWER = 4;

/** Limits of opening a model and asking it about a few batches; the largest on slow processors take some minutes. */
export const OPENING: CallLimits = { limitMs: OPEN_LIMIT_MS, unwantedMs: 10 * 60_000 };

/** Limits of asking about samples: thousands take minutes if one takes tens of milliseconds, `sampleMs`. */
export function asking(sampleCount: number, sampleMs: number): CallLimits {
  return {
    limitMs: OPEN_LIMIT_MS + sampleCount * SAMPLE_LIMIT_MS,
    unwantedMs: UNWANTED_MS + sampleCount * sampleMs * TIMES_SLOWER,
  };
}

export class CallWatch {
  readonly #options: CallWatchOptions;
  readonly #calls: Call[] = [];
  #firstSinceMs = 0;
  #isToldOf = false;
  /** Teachers that runs want; undefined: all. */
  #wanted: ReadonlySet<string> | undefined;
  #unwantedSinceMs: number | undefined;

  constructor(options: CallWatchOptions) {
    this.#options = options;
  }

  /** Sets the teachers that runs want. */
  follow(wanted: ReadonlySet<string>): void {
    this.#wanted = wanted;
  }

  /**
   * Watches a call.
   *
   * @throws {LyceumError} as the call; INVALID_ARGUMENT once the thread has been at it for longer than the limit.
   */
  watch<T>(identity: string, limits: CallLimits, call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const own = { identity, ...limits, fail: reject };
      this.#calls.push(own);
      if (this.#calls.length === 1) this.#begin();
      const settled = () => {
        const at = this.#calls.indexOf(own);
        this.#calls.splice(at, 1);
        if (at === 0) this.#begin();
      };
      call.finally(settled).then(resolve, reject);
    });
  }

  /** Checks the present call; to be called from time to time. */
  look(): void {
    const [first] = this.#calls;
    if (first === undefined) return;
    const { nowMs, slow, hung } = this.#options;
    const now = nowMs();
    const sinceMs = now - this.#firstSinceMs;
    const seconds = Math.round(sinceMs / 1000);
    if (sinceMs > SLOW_MS && !this.#isToldOf) {
      this.#isToldOf = true;
      slow(first.identity, seconds);
    }
    if (sinceMs > first.limitMs) {
      const message = `the model has computed for ${seconds} s without finishing, longer than any working model takes`;
      first.fail(new LyceumError('INVALID_ARGUMENT', message));
    }
    const isWanted = this.#wanted?.has(first.identity) ?? true;
    this.#unwantedSinceMs = isWanted ? undefined : (this.#unwantedSinceMs ?? now);
    if (now - (this.#unwantedSinceMs ?? now) <= first.unwantedMs) return;
    const message = `teacher ${first.identity}, which no run wants any more, has computed for ${seconds} s without finishing`;
    hung(new Error(message));
  }

  #begin(): void {
    this.#firstSinceMs = this.#options.nowMs();
    this.#isToldOf = false;
    this.#unwantedSinceMs = undefined;
  }
}
