/**
 * Stores what student workers must not lose: checkpoints, and the results of a training.
 *
 * Workers do not write to NATS themselves. NATS cannot be told which pointer and which blobs belong to a worker, and
 * a client that may write an entry of its object store may also delete all others.
 */
import type { KeyValue } from '@lyceum/platform/nats';
import {
  type CheckpointReference,
  type CommitCheckpointHeader,
  digestBytes,
  digestHex,
  type GetCheckpointsResponse,
  LyceumError,
  type StoreResultHeader,
} from '@lyceum/proto';
import { type ArtifactCatalog, checkedBlob } from '../artifacts/index.js';
import { type Checkpoint, movePointer, newestCheckpoint, requirePointer } from '../runs/index.js';
import type { SupersededBlobs } from './superseded-blobs.js';

export interface CheckpointCommitsParts {
  /** Not the mirrored pointers: a pointer's copy is made after the copies of the blobs that it names. */
  readonly pointers: KeyValue;
  readonly catalog: Pick<ArtifactCatalog, 'blobs' | 'references'>;
  readonly superseded: SupersededBlobs;
}

export class CheckpointCommits {
  readonly #parts: CheckpointCommitsParts;

  constructor(parts: CheckpointCommitsParts) {
    this.#parts = parts;
  }

  /** @throws {LyceumError} ABORTED if the pointer belongs to another assignment. */
  async checkpoints(runId: string, assignmentEpoch: number): Promise<GetCheckpointsResponse> {
    const { pointer } = await requirePointer(this.#parts.pointers, { runId, assignmentEpoch });
    return {
      newest: referenceMessage(newestCheckpoint(pointer)),
      previous: referenceMessage(pointer.previous),
    };
  }

  /**
   * @param makeDurable - writes the answers that the checkpoint was trained on to disk.
   * @throws {LyceumError} as the call says in student.proto.
   */
  async commit(
    header: CommitCheckpointHeader,
    chunks: AsyncIterable<Uint8Array>,
    makeDurable: () => Promise<void>,
  ): Promise<void> {
    const { pointers, catalog, superseded } = this.#parts;
    const { runId, assignmentEpoch, sizeBytes } = header;
    const to = checkpointOf(header.checkpoint);
    if (to === undefined)
      throw new LyceumError('INVALID_ARGUMENT', 'the commit names no checkpoint');
    const move = { to, named: checkpointOf(header.named), previous: checkpointOf(header.previous) };
    const blob = checkedBlob(digestBytes(to.digest), sizeBytes);
    const outcomes = await Promise.allSettled([
      catalog.blobs.putChunks(blob, chunks),
      makeDurable(),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const left = await catalog.references.refer(
      [to.digest],
      () => movePointer(pointers, { runId, assignmentEpoch }, move),
      async () => {
        const message = `the checkpoint of step ${to.step} was deleted before it was committed; commit it again`;
        throw new LyceumError('UNAVAILABLE', message);
      },
    );
    superseded.add(left);
  }

  /** Resolves once checkpoints are deleted that earlier commits have superseded. Never rejects. */
  settled(): Promise<void> {
    return this.#parts.superseded.settled();
  }

  /** @throws {LyceumError} as the call says in student.proto. */
  async storeResult(header: StoreResultHeader, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#parts.catalog.blobs.putChunks(checkedBlob(header.digest, header.sizeBytes), chunks);
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT if the step is 0. */
function checkpointOf(message: CheckpointReference | undefined): Checkpoint | undefined {
  if (message === undefined) return undefined;
  const { step, digest } = message;
  if (step < 1) throw new LyceumError('INVALID_ARGUMENT', 'a checkpoint is of step 1 or later');
  return { step, digest: digestHex(digest) };
}

function referenceMessage(checkpoint: Checkpoint | undefined): CheckpointReference | undefined {
  if (checkpoint === undefined) return undefined;
  return { step: checkpoint.step, digest: digestBytes(checkpoint.digest) };
}
