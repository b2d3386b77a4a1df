/** Levels of lines of logs, by their names. */
import { LogLevel } from '@lyceum/proto';

export const LOG_LEVELS = {
  info: LogLevel.LOG_LEVEL_INFO,
  warn: LogLevel.LOG_LEVEL_WARN,
  error: LogLevel.LOG_LEVEL_ERROR,
  fatal: LogLevel.LOG_LEVEL_FATAL,
} as const;

/** @returns empty for a level of a newer coordinator. */
export function logLevelName(level: LogLevel): string {
  return Object.entries(LOG_LEVELS).find(([, known]) => known === level)?.[0] ?? '';
}
