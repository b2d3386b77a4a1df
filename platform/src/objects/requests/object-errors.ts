/** The error for a server's answer to the read of an object. Pure. */
import { STATUS_CODES } from 'node:http';
import { LyceumError } from '@lyceum/proto';
import { RetryLaterError } from '../../pacing/index.js';

/** The object has other bytes than the registered ones, or fewer. */
export class ObjectChangedError extends LyceumError {
  /** @param shown - the URL, as messages show it. */
  constructor(shown: string, how: string) {
    const message = `${shown}: the object has changed: ${how}; restore the former one, or register the set again`;
    super('FAILED_PRECONDITION', message);
  }
}

/** Statuses after which the same request is tried again. */
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** S3's codes of a 400 answer that may pass, or that concerns credentials. */
const PASSING_CODES: ReadonlySet<string> = new Set(['RequestTimeout', 'SlowDown', 'InternalError']);
const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'InvalidToken',
  'InvalidAccessKeyId',
  'TokenRefreshRequired',
]);

export interface Refusal {
  readonly shown: string;
  readonly status: number;
  /** S3's error code, such as `NoSuchKey`; undefined: none came. */
  readonly code?: string | undefined;
  /** What would help, in words. */
  readonly hint?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Of the answer's text only S3's code is shown: the rest may hold secrets. */
export function refusalError(refusal: Refusal): LyceumError {
  const { shown, status, code = '', hint, retryAfterMs } = refusal;
  const name = code !== '' ? code : (STATUS_CODES[status] ?? '');
  const said = `answers ${status} ${name}`.trim();
  const message = `${shown}: ${said}${hint === undefined ? '' : `; ${hint}`}`;
  // 416: the object ends before the range begins.
  if (status === 412 || status === 416) return new ObjectChangedError(shown, said);
  if (status === 401 || status === 403 || CREDENTIAL_CODES.has(code)) {
    return new LyceumError('PERMISSION_DENIED', message);
  }
  if (status === 404 || status === 410) return new LyceumError('NOT_FOUND', message);
  if (AGAIN.has(status) || PASSING_CODES.has(code)) {
    return retryAfterMs === undefined
      ? new LyceumError('UNAVAILABLE', message)
      : new RetryLaterError(message, retryAfterMs);
  }
  return new LyceumError('INVALID_ARGUMENT', message);
}
