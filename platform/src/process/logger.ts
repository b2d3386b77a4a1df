/** Structured logs: JSON lines on stderr. Stdout is for the program's results. */
import { writeSync } from 'node:fs';
import { LyceumError, printableJson } from '@lyceum/proto';
import { pino } from 'pino';
import type { LogTap } from './log-tap.js';

export type Logger = pino.Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/**
 * @param a.name - the program's name, which each line has.
 * @param a.tap - gets each line too.
 * @throws {LyceumError} INVALID_ARGUMENT if there is no such level.
 */
export function createLogger(a: { name: string; level: string; tap?: LogTap }): Logger {
  if (!(LOG_LEVELS as readonly string[]).includes(a.level)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `"${a.level}" is no log level; levels are ${LOG_LEVELS.join(', ')}`,
    );
  }
  const timestamp = pino.stdTimeFunctions.isoTime;
  // People read logs on terminals, and lines quote what other programs sent.
  const hooks = { streamWrite: printableJson };
  return pino({ name: a.name, level: a.level, timestamp, hooks }, new StderrLines(a.tap));
}

const STDERR = 2;

/** Wait before the next try if a pipe is full because its reader is slow. */
const RETRY_MS = 10;

/**
 * Writes synchronously, so that the last lines before an exit are not lost. A line that cannot be written, as on a
 * full disk, is dropped: no program should end for that. Pino's own destination would throw, and end the process.
 */
class StderrLines {
  /** The last line was cut off. */
  #isTorn = false;
  readonly #tap: LogTap | undefined;

  constructor(tap: LogTap | undefined) {
    this.#tap = tap;
  }

  write(line: string): void {
    this.#tap?.write(line);
    let rest = Buffer.from(this.#isTorn ? `\n${line}` : line);
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(STDERR, rest));
        this.#isTorn = rest.length > 0;
      } catch (err) {
        if (!(err instanceof Error && 'code' in err && err.code === 'EAGAIN')) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  }
}
