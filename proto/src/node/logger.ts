/** Structured logs: JSON lines on stderr, because stdout is for what a program was asked for. */
import { pino } from 'pino';
import { LyceumError } from '../errors.js';
import { printableJson } from '../printable.js';

export type Logger = pino.Logger;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * @param a.name - the program, in every line.
 * @throws {LyceumError} INVALID_ARGUMENT if there is no such level.
 */
export function createLogger(a: { name: string; level: string }): Logger {
  if (!LEVELS.includes(a.level)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `"${a.level}" is no log level; levels are ${LEVELS.join(', ')}`,
    );
  }
  // Synchronous, so that the last lines before an exit are not lost.
  const destination = pino.destination({ dest: 2, sync: true });
  const timestamp = pino.stdTimeFunctions.isoTime;
  // Logs are read on terminals, and tell what others sent.
  const hooks = { streamWrite: printableJson };
  return pino({ name: a.name, level: a.level, timestamp, hooks }, destination);
}
