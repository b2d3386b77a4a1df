/** The exit codes of teacher and student workers. */
import { type ErrorCode, toLyceumError } from '@lyceum/proto';

export const USAGE_EXIT_CODE = 2;

/** The same as the command line's: usage or bad input, nobody there, a folder or address in use; else 1. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: USAGE_EXIT_CODE,
  UNAVAILABLE: 4,
  FAILED_PRECONDITION: 6,
};

/** The text for `--help`. */
export const EXIT_CODES_HELP = `
Exit codes: 0 stopped by a signal, 1 failed, 2 wrong usage or refused as invalid, 4 NATS is lost,
6 a folder or address is in use or a GPU cannot be used, 130 interrupted twice.`;

/** The exit code of a worker that ends with this error. */
export function exitCodeOf(thrown: unknown): number {
  return EXIT_CODES[toLyceumError(thrown).code] ?? 1;
}
