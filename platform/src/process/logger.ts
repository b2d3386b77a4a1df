/** Structured logs: JSON lines on stderr, because stdout is for what a program was asked for. */
import { writeSync } from 'node:fs';
import { LyceumError, printableJson } from '@lyceum/proto';
import { pino } from 'pino';
import type { LogTap } from './log-tap.js';

export type Logger = pino.Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/**
 * @param a.name - the program, in every line.
 * @param a.tap - is given each line as well.
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
  // Logs are read on terminals, and tell what others sent.
  const hooks = { streamWrite: printableJson };
  return pino({ name: a.name, level: a.level, timestamp, hooks }, new StderrLines(a.tap));
}

const STDERR = 2;

/** A pipe that is read slowly takes no more for a moment. */
const RETRY_MS = 10;

/**
 * Synchronous, so that the last lines before an exit are not lost. A line that cannot be written, on a full disk for one,
 * is: no program may end for want of a line of its log. Pino's own destination throws then, which ends the process.
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
