/**
 * Where a training goes on: the newest checkpoint of the pointer that is sound, as a local file.
 *
 * A checkpoint that is missing or does not have its digest is skipped for the one before, and that one
 * for step 0. Training is a pure function of the run, so this costs time and never changes the result.
 */
import { type CheckpointPointer, LyceumError } from '@lyceum/proto';
import type { BlobStore, Logger } from '@lyceum/proto/node';
import type { CheckpointReference } from './checkpoint-pointer-move.js';
import type { RunFolder } from './run-folder.js';

export interface ResumePoint {
  /** Steps behind it; 0: training starts afresh. */
  readonly step: number;
  /** The checkpoint; absent at step 0. */
  readonly file?: string;
  /** The pointer without the checkpoints that were skipped: what the next one follows. */
  readonly pointer: CheckpointPointer;
}

export interface ResumeSources {
  readonly folder: Pick<RunFolder, 'find' | 'add'>;
  readonly blobs: Pick<BlobStore, 'get' | 'delete'>;
  readonly log: Logger;
}

/**
 * @throws {LyceumError} UNAVAILABLE if the blob store cannot be reached, which says nothing about the
 *   checkpoint.
 */
export async function findResumePoint(
  pointer: CheckpointPointer,
  sources: ResumeSources,
): Promise<ResumePoint> {
  for (const candidate of resumeCandidates(pointer)) {
    const { step, digest } = candidate;
    const file = await soundFile(candidate, sources);
    if (file !== undefined) return { step, file, pointer: resumedPointer(pointer, candidate) };
    sources.log.warn({ step, digest }, 'checkpoint skipped');
  }
  return { step: 0, pointer: resumedPointer(pointer, undefined) };
}

/** The pointer's checkpoints, newest first. */
export function resumeCandidates(pointer: CheckpointPointer): readonly CheckpointReference[] {
  const newest =
    pointer.digest === undefined || pointer.step === 0
      ? []
      : [{ step: pointer.step, digest: pointer.digest }];
  return pointer.previous === undefined ? newest : [...newest, pointer.previous];
}

function resumedPointer(
  pointer: CheckpointPointer,
  from: CheckpointReference | undefined,
): CheckpointPointer {
  if (from !== undefined && from.digest === pointer.digest) return pointer;
  const { digest: _digest, previous: _previous, ...rest } = pointer;
  return from === undefined ? { ...rest, step: 0 } : { ...rest, ...from };
}

/** The checkpoint's local file, fetched if need be; undefined if there is no sound one. */
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
    // What is left of it would pass for the checkpoint when these steps are taken, and stored, again.
    await blobs.delete(digest);
    return undefined;
  }
}
