/** Turns a failed call into an answer for the page. Pure. */
import type { Problem } from '@lyceum/dashboard/api';
import { type ErrorCode, toLyceumError } from '@lyceum/proto';

interface Failure {
  readonly status: number;
  readonly problem: Problem;
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 409,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  CANCELLED: 503,
  DEADLINE_EXCEEDED: 504,
};

/** The page learns of a bug only that there was one. */
export function failureOf(thrown: unknown): Failure {
  const { code, message } = toLyceumError(thrown);
  const told = code === 'INTERNAL' ? 'something went wrong here; the log says what' : message;
  return { status: STATUS[code], problem: { code, message: told } };
}
