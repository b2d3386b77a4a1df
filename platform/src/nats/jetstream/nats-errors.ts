/** What NATS' errors mean to this system. */
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { NatsError, ErrorCode as NatsErrorCode } from 'nats';

/** JetStream's `err_code`s. https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const API_ERROR = {
  accountExceeded: 10002,
  consumerNotFound: 10014,
  resourcesExceeded: 10023,
  storageExceeded: 10047,
  messageNotFound: 10037,
  sequenceNotFound: 10043,
  storeFailed: 10077,
  messageDeleteFailed: 10057,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
} as const;

const AT_LIMIT: ReadonlySet<number> = new Set([
  API_ERROR.accountExceeded,
  API_ERROR.resourcesExceeded,
  API_ERROR.storageExceeded,
]);

/**
 * The error for what a NATS call threw. A thing that is missing, or does not answer, is UNAVAILABLE: only the
 * coordinator creates streams and buckets, and other programs wait for it.
 *
 * @param what - the thing that was used, `stream LYCEUM_TICKETS`.
 */
export function natsError(thrown: unknown, what: string): LyceumError {
  if (thrown instanceof LyceumError) return thrown;
  const options = { cause: thrown };
  if (isAtLimit(thrown)) return new StorageFullError(`${what}: NATS has no room left`, options);
  const code = thrown instanceof NatsError ? thrown.api_error?.err_code : undefined;
  switch (code) {
    case API_ERROR.wrongLastSequence:
      return new LyceumError('ABORTED', `${what}: another process wrote it meanwhile`, options);
    case API_ERROR.streamNotFound:
    case API_ERROR.consumerNotFound:
      return new LyceumError('UNAVAILABLE', `${what} does not exist`, options);
    // The stream's own limit, or the server's disk; the server's text says which.
    case API_ERROR.storeFailed:
      return new StorageFullError(
        `${what}: NATS does not store it: ${thrown instanceof Error ? thrown.message : ''}`,
        options,
      );
  }
  // Timeouts also come from a stream that NATS could not write: NATS stops it, and does not answer its writers.
  if (thrown instanceof NatsError && thrown.code === NatsErrorCode.Timeout) {
    return new LyceumError('UNAVAILABLE', `${what}: NATS does not answer in time`, options);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // A deleted consumer, a server without JetStream, a closed or stalled connection: the caller can wait for all of
  // them to pass, so NATS' remaining errors are UNAVAILABLE too.
  if (thrown instanceof NatsError && thrown.code !== NatsErrorCode.ApiError) {
    return new LyceumError('UNAVAILABLE', `${what}: ${message.toLowerCase()}`, options);
  }
  return new LyceumError('INTERNAL', `${what}: ${message}`, options);
}

/** True if JetStream said that the server or the account is at its limit. */
export function isAtLimit(thrown: unknown): boolean {
  const code = thrown instanceof NatsError ? thrown.api_error?.err_code : undefined;
  return code !== undefined && AT_LIMIT.has(code);
}

/** True if JetStream said that there is no such message. */
export function isMessageMissing(thrown: unknown): boolean {
  if (!(thrown instanceof NatsError)) return false;
  const code = thrown.api_error?.err_code;
  // Deleting a missing message gives the code of any failed delete; only the text differs.
  const absent = thrown.api_error?.description === 'no message found';
  return (
    (code === API_ERROR.messageDeleteFailed && absent) ||
    code === API_ERROR.messageNotFound ||
    code === API_ERROR.sequenceNotFound ||
    thrown.code === NatsErrorCode.JetStream404NoMessages
  );
}

/** True if JetStream said that the stream or consumer is not there. */
export function isMissing(thrown: unknown): boolean {
  if (!(thrown instanceof NatsError)) return false;
  const code = thrown.api_error?.err_code;
  return code === API_ERROR.streamNotFound || code === API_ERROR.consumerNotFound;
}
