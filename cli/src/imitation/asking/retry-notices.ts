/**
 * What is told of tries that failed: of each kind the first at once, then one now and then with how many it stands for. A
 * server that limits rates refuses thousands.
 */

const AGAIN_MS = 5_000;

interface Kind {
  toldAtMs: number;
  untold: number;
}

export class RetryNotices {
  readonly #tell: (line: string) => void;
  readonly #nowMs: () => number;
  /** By teacher and reason. */
  readonly #kinds = new Map<string, Kind>();

  /** @param nowMs - milliseconds that never fall. */
  constructor(tell: (line: string) => void, nowMs: () => number) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  readonly retried = (teacher: string, reason: string, waitMs: number): void => {
    // What was answered differs from call to call.
    const key = `${teacher} ${reason.replace(/"(?:[^"\\]|\\.)*"/g, '')}`;
    const kind = this.#kinds.get(key) ?? { toldAtMs: Number.NEGATIVE_INFINITY, untold: 0 };
    this.#kinds.set(key, kind);
    if (this.#nowMs() - kind.toldAtMs < AGAIN_MS) {
      kind.untold += 1;
      return;
    }
    const more = kind.untold > 0 ? ` (${kind.untold} more like it before)` : '';
    this.#tell(`${teacher}: ${reason}; again in ${(waitMs / 1000).toFixed(1)} s${more}`);
    kind.toldAtMs = this.#nowMs();
    kind.untold = 0;
  };
}
