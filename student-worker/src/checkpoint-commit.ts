/**
 * Makes a checkpoint the run's: blob store and answers on disk at once, then the pointer.
 *
 * Whoever resumes at the pointer needs the blob, and the answers of the steps before it so that repeated
 * steps have the same bits. Each stage is idempotent and waits for its peer, so a commit ends in one of
 * two ways: the pointer names the checkpoint, or the run is no longer ours.
 */
import { rm } from 'node:fs/promises';
import type { BlobStore } from '@lyceum/proto/node';
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
  /** What the last commit left behind is gone. */
  #cleaned = Promise.resolve();

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
   * One at a time. What the pointer no longer names, here and in the blob store, is deleted afterwards.
   *
   * @throws {LyceumError} ABORTED if the run has a newer owner; CANCELLED if it was given up.
   */
  async commit({ step, bytes, digest, file }: TrainingCheckpoint): Promise<void> {
    const { blobs, bucket, pointerKey, makeDurable } = this.#targets;
    await Promise.all([
      patiently('checkpoint upload', this.#patience, () => blobs.put(bytes)),
      makeDurable && patiently('durable answers', this.#patience, () => makeDurable(step)),
    ]);
    const dropped = this.#owned.pointer.previous?.digest;
    this.#owned = await patiently('pointer move', this.#patience, () =>
      movePointer(bucket, pointerKey, this.#owned, { step, digest }),
    );
    const { previous } = this.#owned.pointer;
    const isNamed = dropped === digest || dropped === previous?.digest;
    this.#files = [...this.#files.filter((kept) => kept !== file), file];
    const files = this.#files.splice(0, this.#files.length - KEPT_FILES);
    await this.#cleaned;
    this.#cleaned = this.#clean(files, isNamed ? undefined : dropped);
  }

  /** Resolves once nothing is being deleted any more. */
  cleaned(): Promise<void> {
    return this.#cleaned;
  }

  /** Never rejects. No other run can need the blob: a checkpoint holds readings of its run's clock. */
  async #clean(files: readonly string[], digest: string | undefined): Promise<void> {
    try {
      for (const file of files) await rm(file, { force: true });
      if (digest !== undefined) await this.#targets.blobs.delete(digest);
    } catch (err) {
      this.#patience.log.warn({ err, files, digest }, 'superseded checkpoint not deleted');
    }
  }
}
