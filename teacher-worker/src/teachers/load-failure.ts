/** Whether a teacher that failed to load may load later without a person's help. Pure. */
import type { LyceumError } from '@lyceum/proto';

/** The stage of the load: first files are fetched from NATS or a mounted volume, then the model is opened. */
export type LoadStage = 'fetching' | 'opening';

/**
 * After this many attempts a missing file is not waited for any more. A NATS that lost its store is filled again from
 * the coordinator's copy within some seconds; the attempts take about a minute.
 */
export const MISSING_FILE_ATTEMPTS = 6;

/**
 * True if only a person can mend it: a file with other bytes, a model that no engine here runs, a server whose model
 * is another one than was pushed, a secret that is missing or refused. False if it may pass: a server that is away or
 * does not have the model yet, a full disk.
 *
 * @param attempts - failed ones in a row, this one included.
 */
export function isPermanent(
  { code }: Pick<LyceumError, 'code'>,
  stage: LoadStage,
  attempts: number,
): boolean {
  switch (code) {
    case 'INVALID_ARGUMENT':
    case 'FAILED_PRECONDITION':
    case 'PERMISSION_DENIED':
      return true;
    case 'NOT_FOUND':
      return stage === 'fetching' && attempts >= MISSING_FILE_ATTEMPTS;
    default:
      return false;
  }
}
