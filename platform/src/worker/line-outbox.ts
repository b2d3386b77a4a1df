/**
 * Lines of a worker's log that wait to be sent to the coordinator: a limited number, however much is logged and
 * however long the coordinator is away. Further lines are dropped; their number is sent in their place.
 */
import { LOGGED_MAX_LINES, type LoggedLine, LogLevel } from '@lyceum/proto';
import { sleep } from '../pacing/index.js';

/** Lines that may wait: several messages full, for bursts. */
const WAITING_MAX_COUNT = 8 * LOGGED_MAX_LINES;

const INTERVAL_MS = 1_000;

interface Dropped {
  readonly about: LoggedLine['about'];
  readonly atMs: number;
  count: number;
}

export class LineOutbox {
  readonly #waiting: LoggedLine[] = [];
  /** How many lines were dropped, for each run and teacher. */
  readonly #dropped = new Map<string, Dropped>();

  add(line: LoggedLine): void {
    this.#waiting.push(line);
    if (this.#waiting.length <= WAITING_MAX_COUNT) return;
    const oldest = this.#waiting.shift();
    if (oldest !== undefined) this.#drop(oldest);
  }

  /** Takes the oldest lines for the next message: at most {@link LOGGED_MAX_LINES}. */
  take(): LoggedLine[] {
    const told = [...this.#dropped].slice(0, LOGGED_MAX_LINES).map(([key, dropped]) => {
      this.#dropped.delete(key);
      return droppedLine(dropped);
    });
    return [...told, ...this.#waiting.splice(0, LOGGED_MAX_LINES - told.length)];
  }

  #drop({ about, atMs }: LoggedLine): void {
    const key = JSON.stringify(about);
    const dropped = this.#dropped.get(key) ?? { about, atMs, count: 0 };
    dropped.count += 1;
    this.#dropped.set(key, dropped);
  }
}

function droppedLine({ about, atMs, count }: Dropped): LoggedLine {
  const lines = count === 1 ? '1 line is' : `${count} lines are`;
  const message = `${lines} left out here, since more was logged than is sent; the worker's log has all`;
  return { atMs, level: LogLevel.LOG_LEVEL_WARN, about, message };
}

/**
 * Sends the waiting lines about once a second, and a last time when the worker leaves.
 *
 * @param closed - aborts when the session has ended.
 * @throws what `send` throws: the lines that it was given are lost.
 */
export async function sendLines(
  outbox: LineOutbox,
  { leaving, closed }: { readonly leaving: AbortSignal; readonly closed: AbortSignal },
  send: (lines: LoggedLine[]) => Promise<void>,
): Promise<void> {
  const either = AbortSignal.any([leaving, closed]);
  for (let isLast = false; !isLast; ) {
    await sleep(INTERVAL_MS, either);
    if (closed.aborted) return;
    isLast = leaving.aborted;
    const lines = outbox.take();
    if (lines.length > 0) await send(lines);
  }
}
