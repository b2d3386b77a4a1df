/**
 * A student worker's side of the checkpoint pointer: read it, and move it for as long as it is ours.
 *
 * The pointer is ours while it names our assignment epoch. It then has no other writer, so where a move
 * fails only because the revision is another, an earlier attempt of ours went through and its answer was
 * lost: the move is made again over that revision. Once it names a newer epoch the run is someone else's: ABORTED, for good.
 */
import { type CheckpointPointer, LyceumError, parseCheckpointPointer } from '@lyceum/proto';
import type { KeyValue } from '@lyceum/proto/node';
import type { AssignmentKey } from './assignment-decision.js';

/** What this needs of a KV bucket. */
export type PointerBucket = Pick<KeyValue, 'get' | 'update'>;

/** The pointer as it was last seen, and the revision that a move must name. */
export interface OwnedPointer {
  readonly pointer: CheckpointPointer;
  readonly revision: number;
}

/** A checkpoint by its content. */
export interface CheckpointReference {
  /** Steps that it has behind it. */
  readonly step: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/**
 * @throws {LyceumError} ABORTED if the run has a newer owner; UNAVAILABLE if the bucket cannot be read or
 *   does not have the assignment yet; INVALID_ARGUMENT if it is no pointer.
 */
export async function readOwnedPointer(
  bucket: PointerBucket,
  key: string,
  owner: AssignmentKey,
): Promise<OwnedPointer> {
  const entry = await bucket.get(key);
  if (entry === undefined) {
    throw new LyceumError('UNAVAILABLE', `run ${owner.runId} has no checkpoint pointer yet`);
  }
  const pointer = parseCheckpointPointer(entry.value, `checkpoint pointer ${key}`);
  if (pointer.assignmentEpoch > owner.assignmentEpoch) {
    throw new LyceumError(
      'ABORTED',
      `run ${owner.runId} was assigned anew: epoch ${pointer.assignmentEpoch}, ours is ${owner.assignmentEpoch}`,
    );
  }
  if (pointer.assignmentEpoch < owner.assignmentEpoch) {
    throw new LyceumError(
      'UNAVAILABLE',
      `the checkpoint pointer of run ${owner.runId} is still at epoch ${pointer.assignmentEpoch}, ours is ${owner.assignmentEpoch}`,
    );
  }
  return { pointer, revision: entry.revision };
}

/**
 * Makes `to` the run's checkpoint. `from` must hold the checkpoint that the training started from or
 * moved to last: it becomes `previous`.
 *
 * @throws {LyceumError} ABORTED if the run has a newer owner; UNAVAILABLE if the bucket cannot be
 *   reached, in which case the same call may be made again.
 */
export async function movePointer(
  bucket: PointerBucket,
  key: string,
  from: OwnedPointer,
  to: CheckpointReference,
): Promise<OwnedPointer> {
  const pointer = advancedPointer(from.pointer, to);
  const value = JSON.stringify(pointer);
  try {
    return { pointer, revision: await bucket.update(key, value, from.revision) };
  } catch (err) {
    if (!(err instanceof LyceumError) || err.code !== 'ABORTED') throw err;
    const now = await readOwnedPointer(bucket, key, from.pointer);
    return { pointer, revision: await bucket.update(key, value, now.revision) };
  }
}

/** The pointer after a move: the checkpoint that it names now becomes the one before. */
export function advancedPointer(
  pointer: CheckpointPointer,
  { step, digest }: CheckpointReference,
): CheckpointPointer {
  const { previous: _dropped, ...rest } = pointer;
  const next = { ...rest, step, digest };
  if (pointer.digest === undefined || pointer.step === 0) return next;
  return { ...next, previous: { step: pointer.step, digest: pointer.digest } };
}
