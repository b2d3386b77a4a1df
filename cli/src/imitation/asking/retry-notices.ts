/**
 * Notices about failed tries. The first try of a kind is told at once; later ones at most every 5 s, with the number
 * of failed tries that were not told. A server that limits rates refuses thousands.
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

  /** @param nowMs - a clock in milliseconds that never runs backwards. */
  constructor(tell: (line: string) => void, nowMs: () => number) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  readonly retried = (teacher: string, reason: string, waitMs: number): void => {
    // Quoted answers are left out of the key: they differ from call to call.
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
