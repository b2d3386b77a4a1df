/**
 * Makes a local checkpoint the run's: blob store, answers on disk, pointer; in this order.
 *
 * Whoever resumes at the pointer needs the blob, and the answers of the steps before it so that repeated
 * steps have the same bits. Each stage is idempotent and waits for its peer, so a commit ends in one of
 * two ways: the pointer names the checkpoint, or the run is no longer ours.
 */
import { rm } from 'node:fs/promises';
import type { BlobStore } from '@lyceum/proto/node';
import { uploadFile } from './blob-upload.js';
import { movePointer, type OwnedPointer, type PointerBucket } from './checkpoint-pointer-move.js';
import { type Patience, patiently } from './patience.js';
import type { TrainingCheckpoint } from './training-job.js';

/** Local checkpoints that stay: what the pointer names, and the one before it. */
const KEPT_FILES = 2;

export interface CommitTargets {
  readonly blobs: Pick<BlobStore, 'put' | 'delete'>;
  readonly bucket: PointerBucket;
  readonly pointerKey: string;
  /** Makes the answers of the steps before `step` durable; absent if the run asks no teacher. */
  readonly makeDurable: ((step: number) => Promise<void>) | undefined;
}

export class CheckpointCommitter {
  readonly #targets: CommitTargets;
  readonly #patience: Patience;
  #owned: OwnedPointer;
  #files: string[];

  /**
   * @param owned - the pointer, naming the checkpoint that the training starts from.
   * @param file - that checkpoint's local file, if it has one.
   */
  constructor(
    targets: CommitTargets,
    patience: Patience,
    owned: OwnedPointer,
    file: string | undefined,
  ) {
    this.#targets = targets;
    this.#patience = patience;
    this.#owned = owned;
    this.#files = file === undefined ? [] : [file];
  }

  /** Step of the checkpoint that the pointer names. */
  get committedStep(): number {
    return this.#owned.pointer.step;
  }

  /**
   * One at a time. Deletes what the pointer no longer names, here and in the blob store.
   *
   * @throws {LyceumError} ABORTED if the run has a newer owner; CANCELLED if it was given up.
   */
  async commit(checkpoint: TrainingCheckpoint): Promise<void> {
    const { blobs, bucket, pointerKey, makeDurable } = this.#targets;
    const { step, digest, file } = checkpoint;
    await patiently('checkpoint upload', this.#patience, () => uploadFile(blobs, file, digest));
    if (makeDurable !== undefined) {
      await patiently('durable answers', this.#patience, () => makeDurable(step));
    }
    const dropped = this.#owned.pointer.previous?.digest;
    this.#owned = await patiently('pointer move', this.#patience, () =>
      movePointer(bucket, pointerKey, this.#owned, { step, digest }),
    );
    await this.#keep(file);
    await this.#drop(dropped);
  }

  /** No other run can need it: a checkpoint holds readings of its run's clock. */
  async #drop(digest: string | undefined): Promise<void> {
    const { digest: newest, previous } = this.#owned.pointer;
    if (digest === undefined || digest === newest || digest === previous?.digest) return;
    try {
      await this.#targets.blobs.delete(digest);
    } catch (err) {
      this.#patience.log.warn({ err, digest }, 'superseded checkpoint not deleted');
    }
  }

  async #keep(file: string): Promise<void> {
    this.#files = [...this.#files.filter((kept) => kept !== file), file];
    while (this.#files.length > KEPT_FILES) {
      const oldest = this.#files.shift();
      if (oldest !== undefined) await rm(oldest, { force: true });
    }
  }
}
