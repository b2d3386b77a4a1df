/** Reads a run's data set. */
import { StorageFullError, toLyceumError } from '@lyceum/proto';
import type { ArtifactCatalog, DatasetOutline } from '../artifacts/index.js';
import type { RunRecord } from '../runs/index.js';
import { unreadableSet } from './pause-reasons.js';

/**
 * @throws {LyceumError} a retryable error; {@link UnreadableSetError}; StorageFullError if there is no room
 *   for a copy.
 */
export async function readSet(
  catalog: Pick<ArtifactCatalog, 'dataset'>,
  reference: Pick<RunRecord['dataset'], 'digest' | 'path'>,
): Promise<DatasetOutline> {
  try {
    return await catalog.dataset(reference);
  } catch (thrown) {
    const err = toLyceumError(thrown);
    if (err.retryable || err instanceof StorageFullError) throw err;
    throw unreadableSet(reference, err);
  }
}
