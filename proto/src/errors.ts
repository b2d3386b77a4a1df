/**
 * Errors that the cluster raises on purpose, and what each of them means to a caller.
 *
 * The code that raises an error decides whether a retry may help: `retryable`. No code reads message texts. The
 * platform's `rpc-status.ts` turns {@link LyceumError.code} into a gRPC status and back; the command line turns it
 * into an exit code.
 */
import { PROBLEM_MAX_COUNT, PROBLEM_MAX_LETTERS } from './limits.js';

/** Names of the gRPC status codes in use. https://grpc.io/docs/guides/status-codes/ */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'FAILED_PRECONDITION'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'ABORTED'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'INTERNAL';

/** Codes after which the same request may succeed later, unchanged. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/** Base of every error raised on purpose. Anything else that is thrown is a bug. */
export class LyceumError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}

/** The error for a tensor that does not have the expected shape. */
export function shapeMismatch(
  what: string,
  want: readonly number[],
  got: readonly number[],
): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${what}: want shape [${want}], got [${got}]`);
}

/** A write failed: a disk or NATS' store is full, or the disk has become read-only or is failing. */
export class StorageFullError extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('RESOURCE_EXHAUSTED', message, options);
  }
}

/**
 * A data set is missing, access to it is refused, or its content is not what was registered. This machine cannot read
 * it before a person has put that right.
 */
export class UnreadableSetError extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('FAILED_PRECONDITION', message, options);
  }
}

/** One problem of a document: its place, and what would be right. */
export interface Problem {
  /** Path of the field, `spec.teachers[1].weight`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** The text; if it is too long, its beginning and `…`, together at most `letters` long. */
export function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/** A document (specification, settings, configuration) cannot be used. Lists its problems, or the first of many. */
export class InvalidDocumentError extends LyceumError {
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    const told = problems.slice(0, PROBLEM_MAX_COUNT).map(({ path, message }) => ({
      path: cut(path, PROBLEM_MAX_LETTERS),
      message: cut(message, PROBLEM_MAX_LETTERS),
    }));
    const lines = told.map((p) => `  - ${p.path === '' ? '' : `${p.path}: `}${p.message}`);
    if (problems.length > told.length) lines.push('  - … and more');
    super('INVALID_ARGUMENT', `${source} cannot be used:\n${lines.join('\n')}`);
    this.problems = told;
  }
}

/**
 * Turns any thrown value into a {@link LyceumError}: a full disk into a {@link StorageFullError}, a lack of memory
 * into RESOURCE_EXHAUSTED, too many open files into UNAVAILABLE, anything else into INTERNAL.
 */
export function toLyceumError(thrown: unknown): LyceumError {
  if (thrown instanceof LyceumError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isUnwritable(thrown)) return new StorageFullError(message, { cause: thrown });
  if (isOutOfMemory(thrown)) {
    const told = `there is not enough memory for what was asked (${message}); ask for less, a smaller model, batch or set, or use a machine with more`;
    return new LyceumError('RESOURCE_EXHAUSTED', told, { cause: thrown });
  }
  const full = tooManyOpenText(message);
  if (full !== undefined) return new LyceumError('UNAVAILABLE', full, { cause: thrown });
  return new LyceumError('INTERNAL', message, { cause: thrown });
}

/**
 * Text for an error whose cause is the limit of open files and connections of a process or machine. Neither the file
 * nor the called server is at fault.
 *
 * @param message - of an error of Node, or of a library that quotes Node.
 * @returns undefined: the error has another cause.
 */
export function tooManyOpenText(message: string): string | undefined {
  if (!/\bE[MN]FILE\b/.test(message)) return undefined;
  return `the process that reports this has reached its limit of open files and connections (${message}); raise its limit (ulimit -n, or LimitNOFILE of its service), or reduce its connections`;
}

/** Error codes: full disk, full quota, failing disk, and a disk that Linux made read-only after failures. */
const UNWRITABLE: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/** Whether Node threw this because a disk takes no writes. */
function isUnwritable(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && UNWRITABLE.has(thrown.code);
}

/** Whether Node threw this because it got no memory for a buffer. */
function isOutOfMemory(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if ('code' in thrown && thrown.code === 'ERR_MEMORY_ALLOCATION_FAILED') return true;
  return thrown instanceof RangeError && thrown.message === 'Array buffer allocation failed';
}
