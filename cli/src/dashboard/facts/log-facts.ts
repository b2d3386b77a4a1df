/** Lines of the programs' logs about a run. Pure. */
import type { LogPage, LogRow } from '@lyceum/dashboard/api';
import { type ListLogsRequest, type LogLine, LyceumError } from '@lyceum/proto';
import { logLevelName } from '../../client/index.js';

const LINES_A_PAGE = 200;

/**
 * Asks for one line more than a page has: it shows whether there is an older page.
 *
 * @param before - from the page before; null: the newest lines.
 * @throws {LyceumError} INVALID_ARGUMENT if `before` is something else.
 */
export function logRequest(before: string | null): Pick<ListLogsRequest, 'before' | 'tail'> {
  if (before !== null && !/^[1-9]\d{0,14}$/.test(before)) {
    throw new LyceumError('INVALID_ARGUMENT', '`before` is a value that an earlier page gave');
  }
  return { before: Number(before ?? 0), tail: LINES_A_PAGE + 1 };
}

/** @param lines - the answer to {@link logRequest}, oldest first. */
export function logPage(lines: readonly LogLine[]): LogPage {
  const shown = lines.slice(-LINES_A_PAGE);
  const [oldest] = shown;
  return {
    lines: shown.reverse().map(logRow),
    before: oldest === undefined || lines.length <= LINES_A_PAGE ? null : String(oldest.sequence),
  };
}

function logRow({ atMs, level, from, message }: LogLine): LogRow {
  return { atMs, level: logLevelName(level), from, message };
}
