/** How a command ends with an error: its exit code, and its text. */
import { tmpdir } from 'node:os';
import { type ExitCode, errnoOf, exitCodeOf, fileError } from '@lyceum/platform';
import { LyceumError, StorageFullError, toLyceumError } from '@lyceum/proto';

/** Ends a command with a code other than 0, without a further message. */
export class CommandExit extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** @returns the code, and the text for stderr; an empty text: print nothing. */
export function exitOf(thrown: unknown): { readonly exitCode: ExitCode; readonly text: string } {
  if (thrown instanceof CommandExit) return { exitCode: thrown.exitCode, text: '' };
  const error = ofFile(thrown) ?? toLyceumError(thrown);
  const exitCode = exitCodeOf(error);
  const text = error.code === 'INTERNAL' ? detail(error) : error.message;
  return { exitCode, text: `error: ${text}` };
}

/** An operating system's error about a file, in words; undefined: it is another error. */
function ofFile(thrown: unknown): LyceumError | undefined {
  const cause = thrown instanceof LyceumError && thrown.code === 'INTERNAL' ? thrown.cause : thrown;
  const code = errnoOf(cause);
  if (code === undefined || !(cause instanceof Error)) return undefined;
  if ('syscall' in cause && cause.syscall === 'uv_cwd') {
    const message = 'the current folder has been deleted; change to another folder';
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

/** For a bug, the stack, which its reporter should send. If the bug is in the coordinator, the stack is in its log. */
function detail({ message, cause }: LyceumError): string {
  if (isStatus(cause)) return `the coordinator failed: ${message}; its log says more`;
  return cause instanceof Error ? (cause.stack ?? cause.message) : message;
}

/** Whether the cause is the status of a failed gRPC call, which has `details`. */
function isStatus(cause: unknown): boolean {
  return cause instanceof Object && 'details' in cause;
}
