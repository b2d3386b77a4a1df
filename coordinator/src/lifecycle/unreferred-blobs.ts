/** Finds the blobs that something refers to, and deletes others. */
import type { Logger } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import { allPointers, blobsOf, checkpointsOf, type RunStore } from '../runs/index.js';

/** Everything that can refer to blobs. */
export interface ReferringParts {
  readonly store: Pick<RunStore, 'get' | 'list' | 'unreadable'>;
  readonly pointers: KeyValue;
  readonly catalog: Pick<ArtifactCatalog, 'digests' | 'references'>;
}

/**
 * Digests of all blobs that a record, a pointer or a name refers to. The checkpoints of a run that SUCCEEDED do not
 * count: the run never goes on.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if a record cannot be read.
 */
export async function referredBlobs({
  store,
  pointers,
  catalog,
}: ReferringParts): Promise<Set<string>> {
  const [unreadable] = store.unreadable;
  if (unreadable !== undefined) {
    const message = `the record of run ${unreadable} cannot be read, so it is not known what it refers to`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const referred = new Set(await catalog.digests());
  for (const [runId, pointer] of await allPointers(pointers)) {
    const goesOn = store.get(runId) !== undefined && store.get(runId)?.state !== 'SUCCEEDED';
    for (const digest of goesOn ? checkpointsOf(pointer) : []) referred.add(digest);
  }
  for (const record of store.list()) for (const digest of blobsOf(record)) referred.add(digest);
  return referred;
}

/**
 * Deletes blobs that have just lost a reference, unless something else refers to them. Never rejects: a blob that
 * cannot be deleted becomes garbage, which `coordinator gc` finds.
 *
 * @param digests - SHA-256, hex.
 */
export async function deleteUnreferred(
  parts: ReferringParts & { readonly log: Logger },
  digests: readonly string[],
): Promise<void> {
  try {
    await parts.catalog.references.deleteUnless(digests, () => referredBlobs(parts));
  } catch (thrown) {
    parts.log.warn({ err: toLyceumError(thrown), digests }, 'blobs not deleted; gc finds them');
  }
}
