/**
 * Passes on the lines of a program's log that name a run or a teacher, so that one place can show all programs' lines
 * about a run. The log itself has all lines.
 */
import { cut, digestBytes, LOGGED_MAX_LETTERS, type LoggedLine, LogLevel } from '@lyceum/proto';

/** By pino's numbers. Lower levels are not worth a message to the coordinator. */
const LEVELS: ReadonlyMap<unknown, LogLevel> = new Map([
  [30, LogLevel.LOG_LEVEL_INFO],
  [40, LogLevel.LOG_LEVEL_WARN],
  [50, LogLevel.LOG_LEVEL_ERROR],
  [60, LogLevel.LOG_LEVEL_FATAL],
]);

/** A quick test: most lines need no parsing. */
const MAY_BE_ABOUT = /"(?:runId|teacherIdentity)":"/;

export class LogTap {
  readonly #skipped: readonly string[];
  #listener: (line: LoggedLine) => void = () => {};

  /** @param skipped - fields to leave out, since readers of the lines know them. */
  constructor(...skipped: readonly string[]) {
    this.#skipped = skipped;
  }

  /** Calls `listener` with each line from now on, in place of the listener before. The listener must not log. */
  onLine(listener: (line: LoggedLine) => void): void {
    this.#listener = listener;
  }

  /** @param json - a line as pino writes it. */
  write(json: string): void {
    const line = loggedLine(json, this.#skipped);
    if (line !== undefined) this.#listener(line);
  }
}

/**
 * The message, the error's message and all other fields, as one text; undefined: the line names no run and no teacher,
 * or is below `info`. A line that names both is about the run.
 */
export function loggedLine(json: string, skipped: readonly string[]): LoggedLine | undefined {
  if (!MAY_BE_ABOUT.test(json)) return undefined;
  const { level, time, pid, hostname, name, msg, runId, teacherIdentity, err, ...facts } =
    JSON.parse(json) as Record<string, unknown>;
  const known = LEVELS.get(level);
  const about = aboutOf(runId, teacherIdentity);
  if (known === undefined || about === undefined) return undefined;
  for (const field of skipped) delete facts[field];
  const error = err as { readonly message?: unknown; readonly code?: unknown } | undefined;
  const texts = [msg, error?.message].filter((text) => typeof text === 'string');
  const shown = Object.entries({ code: error?.code, ...facts })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const rest = shown.length === 0 ? '' : ` (${shown.join(', ')})`;
  return {
    atMs: Date.parse(String(time)),
    level: known,
    about,
    message: cut(`${texts.join(': ')}${rest}`, LOGGED_MAX_LETTERS),
  };
}

function aboutOf(runId: unknown, teacherIdentity: unknown): LoggedLine['about'] {
  if (typeof runId === 'string') return { $case: 'runId', runId };
  if (typeof teacherIdentity !== 'string' || !/^[0-9a-f]{64}$/.test(teacherIdentity))
    return undefined;
  return { $case: 'teacherIdentity', teacherIdentity: digestBytes(teacherIdentity) };
}
