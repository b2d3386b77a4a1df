/** An error as a plain value that crosses threads, and back: a structured clone of an error loses class and code. */
import {
  InvalidDocumentError,
  LyceumError,
  StorageFullError,
  toLyceumError,
  UnreadableSetError,
} from '@lyceum/proto';

export interface CarriedError {
  readonly message: string;
  /** Its own fields: name, code, and the data of its class. */
  readonly fields: Pick<LyceumError, 'name' | 'code'>;
}

/** A kind of {@link LyceumError}, known to the other side by its name. */
export interface ErrorKind {
  readonly name: string;
  readonly prototype: LyceumError;
}

const KINDS = [InvalidDocumentError, StorageFullError, UnreadableSetError];

export function carriedError(thrown: unknown): CarriedError {
  const err = toLyceumError(thrown);
  return { message: err.message, fields: { ...err } };
}

/** @param kinds - further classes of errors to restore, in addition to those that all programs know. */
export function errorOf(
  { message, fields }: CarriedError,
  kinds: readonly ErrorKind[],
): LyceumError {
  const err = new LyceumError(fields.code, message);
  const kind = [...KINDS, ...kinds].find(({ name }) => name === fields.name);
  if (kind !== undefined) Object.setPrototypeOf(err, kind.prototype);
  return Object.assign(err, fields);
}
