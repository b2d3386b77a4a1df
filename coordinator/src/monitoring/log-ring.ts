/**
 * The newest log lines about one run. If there is no room, the process with the most text loses its oldest line: a
 * process that logs much does not push out the lines of others. Pure.
 */
import type { LogLevel, LogLine } from '@lyceum/proto';

export interface LogRingLimits {
  readonly lines: number;
  /** Bytes of all texts, in UTF-8. */
  readonly bytes: number;
}

export interface LogQuery {
  /** Lines of this level and above. */
  readonly level: LogLevel;
  /** Name of the process; empty: all. */
  readonly from: string;
  /** Only lines whose sequence is above `after` and below `before`. */
  readonly after: number;
  readonly before: number;
}

interface Source {
  readonly lines: LogLine[];
  bytes: number;
}

export class LogRing {
  readonly #limits: LogRingLimits;
  readonly #sources = new Map<string, Source>();
  #lineCount = 0;
  #bytes = 0;
  #lastSequence = 0;

  constructor(limits: LogRingLimits) {
    this.#limits = limits;
  }

  /** Sequence of the newest line, even if that line was dropped; 0: there was none. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  add(line: Omit<LogLine, 'sequence'>): void {
    const source = this.#sources.get(line.from) ?? { lines: [], bytes: 0 };
    this.#sources.set(line.from, source);
    this.#lastSequence += 1;
    source.lines.push({ sequence: this.#lastSequence, ...line });
    this.#count(source, 1, bytesOf(line));
    while (this.#lineCount > this.#limits.lines || this.#bytes > this.#limits.bytes) {
      this.#dropOldest();
    }
  }

  /** The matching lines, in the order in which they came. */
  read({ level, from, after, before }: LogQuery): LogLine[] {
    return [...this.#sources]
      .filter(([name]) => from === '' || name === from)
      .flatMap(([, { lines }]) => lines)
      .filter((line) => line.sequence > after && line.sequence < before && line.level >= level)
      .sort((a, b) => a.sequence - b.sequence);
  }

  /** How many lines after this sequence were dropped. */
  omittedAfter(sequence: number): number {
    let kept = 0;
    for (const { lines } of this.#sources.values()) {
      kept += lines.filter((line) => line.sequence > sequence).length;
    }
    return Math.max(0, this.#lastSequence - sequence - kept);
  }

  #dropOldest(): void {
    const [name, source] = [...this.#sources].reduce((most, next) =>
      next[1].bytes > most[1].bytes ? next : most,
    );
    const oldest = source.lines.shift();
    if (oldest !== undefined) this.#count(source, -1, -bytesOf(oldest));
    if (source.lines.length === 0) this.#sources.delete(name);
  }

  #count(source: Source, lines: number, bytes: number): void {
    source.bytes += bytes;
    this.#lineCount += lines;
    this.#bytes += bytes;
  }
}

/** Memory that a line takes besides its text. */
const LINE_BYTES = 64;

function bytesOf({ message }: Pick<LogLine, 'message'>): number {
  return LINE_BYTES + Buffer.byteLength(message);
}
