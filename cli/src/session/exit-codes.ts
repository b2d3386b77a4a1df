/** What the command line's exit status says, and the one place that decides which it is. */
import { tmpdir } from 'node:os';
import { errnoOf, fileError } from '@lyceum/platform';
import { type ErrorCode, LyceumError, StorageFullError, toLyceumError } from '@lyceum/proto';

export const EXIT = {
  ok: 0,
  /** The run failed or was cancelled; or something went wrong that has no code of its own. */
  failed: 1,
  /** Wrong usage, or a specification or file that cannot be used. */
  usage: 2,
  notFound: 3,
  /** The coordinator, or what it stands on, cannot be reached. */
  unreachable: 4,
  notAllowed: 5,
  /** What is there contradicts what was asked: another run of that id, a run that has ended, a file in the way. */
  conflict: 6,
  /** The time that a command was given ran out; as timeout(1) has it. */
  timedOut: 124,
  /** Ctrl-C. 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const OF_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  INVALID_ARGUMENT: EXIT.usage,
  RESOURCE_EXHAUSTED: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
  UNAVAILABLE: EXIT.unreachable,
  DEADLINE_EXCEEDED: EXIT.unreachable,
  PERMISSION_DENIED: EXIT.notAllowed,
  ALREADY_EXISTS: EXIT.conflict,
  ABORTED: EXIT.conflict,
  FAILED_PRECONDITION: EXIT.conflict,
  CANCELLED: EXIT.interrupted,
  INTERNAL: EXIT.failed,
};

/** A command has said all it had to say, and ends with another code than 0. */
export class CommandExit extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** @returns the code, and what to print on stderr; an empty text: nothing more. */
export function exitOf(thrown: unknown): { readonly exitCode: ExitCode; readonly text: string } {
  if (thrown instanceof CommandExit) return { exitCode: thrown.exitCode, text: '' };
  const error = ofFile(thrown) ?? toLyceumError(thrown);
  const exitCode = OF_ERROR[error.code];
  const text = error.code === 'INTERNAL' ? detail(error) : error.message;
  return { exitCode, text: `error: ${text}` };
}

/** What the operating system said of a file, where no command has put it in words. */
function ofFile(thrown: unknown): LyceumError | undefined {
  const cause = thrown instanceof LyceumError && thrown.code === 'INTERNAL' ? thrown.cause : thrown;
  const code = errnoOf(cause);
  if (code === undefined || !(cause instanceof Error)) return undefined;
  if ('syscall' in cause && cause.syscall === 'uv_cwd') {
    const message = 'the current folder has been deleted; go to one that is there';
    return new LyceumError('INVALID_ARGUMENT', message, { cause });
  }
  if (!('path' in cause && 'syscall' in cause)) {
    if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
    const where = `where files were to be written, or for temporary ones in ${tmpdir()} (TMPDIR names another folder)`;
    const message = `no space left on device (${code}): make room ${where}`;
    return new StorageFullError(message, { cause });
  }
  return fileError(String(cause.syscall), String(cause.path), cause);
}

/** A bug's stack is what its reporter needs to send; that of a bug at the other end of a call is in the log there. */
function detail({ message, cause }: LyceumError): string {
  if (isStatus(cause)) return `the coordinator failed: ${message}; its log says more`;
  return cause instanceof Error ? (cause.stack ?? cause.message) : message;
}

/** Whether the cause is the status of a failed gRPC call. */
function isStatus(cause: unknown): boolean {
  return cause instanceof Object && 'details' in cause;
}
