/** With which code a program ends: the command line, the coordinator and the workers. */
import { type ErrorCode, toLyceumError } from '@lyceum/proto';

export const EXIT = {
  ok: 0,
  /** The run failed or was cancelled; or an error that has no code of its own. */
  failed: 1,
  /** Wrong usage, or a specification or file that cannot be used. */
  usage: 2,
  notFound: 3,
  /** The coordinator, or a server that it needs, cannot be reached. */
  unreachable: 4,
  notAllowed: 5,
  /** The present state forbids the request: another run has the id, the run has ended, a file is in the way. */
  conflict: 6,
  /** The command's time limit ran out; the same code as of timeout(1). */
  timedOut: 124,
  /** Ctrl-C: 128 + SIGINT, as in shells. */
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

/** The exit code of a program that ends with this error. */
export function exitCodeOf(thrown: unknown): ExitCode {
  return OF_ERROR[toLyceumError(thrown).code];
}
