/**
 * Errors the cluster raises on purpose, and what each one means to a caller.
 *
 * Whether a failure may be retried is decided where it is understood and carried by `retryable`; nobody reads message
 * strings. The platform's `rpc-status.ts` turns {@link LyceumError.code} into a gRPC status and back, the command line
 * turns it into an exit code.
 */
import { PROBLEM_MAX_COUNT, PROBLEM_MAX_LETTERS } from './limits.js';

/** The gRPC status names this system uses. https://grpc.io/docs/guides/status-codes/ */
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

/** A tensor does not have the shape its receiver was promised. */
export function shapeMismatch(
  what: string,
  want: readonly number[],
  got: readonly number[],
): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${what}: want shape [${want}], got [${got}]`);
}

/** A disk, or NATS' store, has no room for what was to be written, or the disk has turned read-only or fails. */
export class StorageFullError extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('RESOURCE_EXHAUSTED', message, options);
  }
}

/**
 * A data set is not where it was, is refused, or is another than it was registered as: nobody can read it here before a
 * person has put that right.
 */
export class UnreadableSetError extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('FAILED_PRECONDITION', message, options);
  }
}

/** One thing wrong with a document: where, and what would be right. */
export interface Problem {
  /** Path of the field, `spec.teachers[1].weight`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** The text, or its beginning if it is longer than a reader wants or a message has room for. */
export function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/** A document (specification, settings, configuration) cannot be used. Lists the problems, of very many the first. */
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
 * The one door from whatever was thrown to a {@link LyceumError}: a full disk becomes a
 * {@link StorageFullError}, memory that is not to be had RESOURCE_EXHAUSTED, too many open files UNAVAILABLE, the unknown
 * INTERNAL.
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
 * What to do where a process or a machine may open no more files and connections: it is no fault of the server that was to be called,
 * or of the file.
 *
 * @param message - of Node, or of a library that quotes it.
 * @returns undefined: it says something else.
 */
export function tooManyOpenText(message: string): string | undefined {
  if (!/\bE[MN]FILE\b/.test(message)) return undefined;
  return `the process that says so has as many files and connections open as it may (${message}); raise its limit (ulimit -n, or LimitNOFILE of its service), or let fewer connect to it`;
}

/** Errors of a disk that is full, of a full quota, of a failing disk, and of one that Linux made read-only for that. */
const UNWRITABLE: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/** What Node throws where a disk takes nothing. */
function isUnwritable(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && UNWRITABLE.has(thrown.code);
}

/** What Node throws where memory for a buffer is not to be had. */
function isOutOfMemory(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if ('code' in thrown && thrown.code === 'ERR_MEMORY_ALLOCATION_FAILED') return true;
  return thrown instanceof RangeError && thrown.message === 'Array buffer allocation failed';
}
