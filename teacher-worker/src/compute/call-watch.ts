/**
 * Which of a thread's calls takes too long. The thread carries out one after another, so the first is the one that it is at.
 *
 * A model may compute for ever, in code that nobody can end but with its process. So a call has a limit, after which it fails,
 * and its run is paused with the reason; once no run wants the teacher, the thread counts as hung.
 */
import { LyceumError } from '@lyceum/proto';

interface Call {
  readonly identity: string;
  readonly limitMs: number;
  readonly fail: (err: LyceumError) => void;
}

export interface CallWatchOptions {
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** The thread is at this teacher for so long; told once a call. */
  readonly slow: (identity: string, seconds: number) => void;
  /** It is at a teacher that nobody wants any more, and does not come back. */
  readonly hung: (reason: Error) => void;
}

/** Of one call, before it is spoken of. */
export const SLOW_MS = 60_000;

/** After nobody wants its teacher any more. */
export const UNWANTED_MS = 60_000;

export class CallWatch {
  readonly #options: CallWatchOptions;
  readonly #calls: Call[] = [];
  #firstSinceMs = 0;
  #isToldOf = false;
  /** Undefined: all are. */
  #wanted: ReadonlySet<string> | undefined;
  #unwantedSinceMs: number | undefined;

  constructor(options: CallWatchOptions) {
    this.#options = options;
  }

  /** Teachers that runs want. */
  follow(wanted: ReadonlySet<string>): void {
    this.#wanted = wanted;
  }

  /** @throws {LyceumError} as the call; INVALID_ARGUMENT once the thread has been at it for longer than the limit. */
  watch<T>(identity: string, limitMs: number, call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const own = { identity, limitMs, fail: reject };
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

  /** To be called from time to time. */
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
      const message = `the model has computed for ${seconds} s without an end, more than any that answers`;
      first.fail(new LyceumError('INVALID_ARGUMENT', message));
    }
    const isWanted = this.#wanted?.has(first.identity) ?? true;
    this.#unwantedSinceMs = isWanted ? undefined : (this.#unwantedSinceMs ?? now);
    if (this.#unwantedSinceMs === undefined || now - this.#unwantedSinceMs <= UNWANTED_MS) return;
    const message = `teacher ${first.identity}, which no run wants any more, has computed for ${seconds} s without an end`;
    hung(new Error(message));
  }

  #begin(): void {
    this.#firstSinceMs = this.#options.nowMs();
    this.#isToldOf = false;
    this.#unwantedSinceMs = undefined;
  }
}
