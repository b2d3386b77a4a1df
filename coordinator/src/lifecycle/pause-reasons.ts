/** Reasons why runs are paused, for causes that several places find. Pure. */
import { type LyceumError, type StorageFullError, UnreadableSetError } from '@lyceum/proto';

/** @param err - its message has the path, and the room that was wanted. */
export function answersFull(err: StorageFullError): string {
  return diskFull('answers', err);
}

/** @param err - as for {@link answersFull}. */
export function historyFull(err: StorageFullError): string {
  return diskFull("the run's history", err);
}

function diskFull(what: string, { message }: StorageFullError): string {
  return `the coordinator's disk cannot keep ${what}: ${message}`;
}

/** The coordinator finds that a run's data set is gone or damaged: the run is paused with the error's message. */
export function unreadableSet(
  { digest, path }: { digest: string; path?: string | undefined },
  cause: LyceumError,
): UnreadableSetError {
  const [set, remedy] =
    path === undefined
      ? [digest.slice(0, 12), 'push the same set again']
      : [path, 'bring the same file back'];
  const message = `its data set ${set} cannot be read: ${cause.message}; ${remedy}, then coordinator resume lets the run go on`;
  return new UnreadableSetError(message, { cause });
}
