/** Whether a teacher that would not load may load by itself later. Pure. */
import type { LyceumError } from '@lyceum/proto';

/** What was being done: files are fetched from NATS or a mounted volume first, then the model is opened. */
export type LoadStage = 'fetching' | 'opening';

/**
 * Attempts after which a file that is not there is not waited for: a NATS that lost its store is filled again from the
 * coordinator's copy within some seconds, and these attempts take about a minute.
 */
export const MISSING_FILE_ATTEMPTS = 6;

/**
 * True if only a person can put it right. A file with other bytes, a model that no engine here runs, one that is another
 * behind its server than when it was pushed, a secret that is missing or refused: all of these stay. A server that is away
 * or still without the model, and a full disk, may not.
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
