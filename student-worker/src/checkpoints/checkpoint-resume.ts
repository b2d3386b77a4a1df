/**
 * Finds the checkpoint from which a training goes on, as a local file: the newest sound one of the run's pointer.
 *
 * A checkpoint that is missing, or has another digest, is skipped for the one before; without that, training begins at
 * step 0. Training is a pure function of the run, so this costs time and never changes the result.
 */
import type { Logger } from '@lyceum/platform';
import type { BlobStore } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import type { CheckpointReference, RunCheckpoints } from './coordinator-store.js';
import type { RunFolder } from './run-folder.js';

export interface ResumePoint {
  /** The checkpoint from which training goes on; absent: it begins at step 0. */
  readonly from?: CheckpointReference;
  /** The checkpoint's local file. */
  readonly file?: string;
}

export interface ResumeSources {
  readonly folder: Pick<RunFolder, 'find' | 'add'>;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly log: Logger;
}

/**
 * @throws {LyceumError} UNAVAILABLE if the blob store cannot be reached: the checkpoint may still be sound.
 */
export async function findResumePoint(
  { newest, previous }: RunCheckpoints,
  sources: ResumeSources,
): Promise<ResumePoint> {
  for (const from of [newest, previous]) {
    if (from === undefined) continue;
    const file = await soundFile(from, sources);
    if (file !== undefined) return { from, file };
    const { step, digest } = from;
    sources.log.warn({ step, digest }, 'checkpoint skipped');
  }
  return {};
}

/** The checkpoint's local file, fetched if needed; undefined if there is no sound one. */
async function soundFile(
  { step, digest }: CheckpointReference,
  { folder, blobs, log }: ResumeSources,
): Promise<string | undefined> {
  const local = await folder.find(digest);
  if (local !== undefined) {
    log.info({ step, digest }, 'checkpoint found in local state');
    return local;
  }
  try {
    return await folder.add(digest, await blobs.get(digest));
  } catch (err) {
    if (!(err instanceof LyceumError) || err.retryable) throw err;
    log.warn({ err, step, digest }, 'checkpoint could not be read');
    return undefined;
  }
}
