/** Puts a result's file into the blob store. */
import { readFile } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';
import type { BlobStore } from '@lyceum/proto/node';

/**
 * @param digest - the SHA-256 that the file had when it was written, hex.
 * @throws {LyceumError} RESOURCE_EXHAUSTED if the disk did not keep the file as it was; UNAVAILABLE if the
 *   store cannot be reached.
 */
export async function uploadFile(
  blobs: Pick<BlobStore, 'put'>,
  file: string,
  digest: string,
): Promise<void> {
  const stored = await blobs.put(await readFile(file));
  if (stored === digest) return;
  throw new LyceumError('RESOURCE_EXHAUSTED', `${file} changed on disk: ${stored}, was ${digest}`);
}
