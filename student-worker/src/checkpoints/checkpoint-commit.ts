/**
 * Makes a checkpoint the run's, through the coordinator: it stores the checkpoint and brings the answers to disk at
 * once, then moves the pointer.
 *
 * A commit may be made again and waits for its peer, so it ends in one of two ways: the pointer names the checkpoint,
 * or the run is no longer ours.
 */
import { rm } from 'node:fs/promises';
import type { TrainingCheckpoint } from '../job/index.js';
import { type Patience, patiently } from '../session/index.js';
import type { CheckpointReference, CoordinatorStore } from './coordinator-store.js';

/** Local checkpoints that stay: what the pointer names, and the one before it. */
const KEPT_FILES = 2;

/** Where a training begins. */
export interface CommitStart {
  /** What the pointer names. */
  readonly named: CheckpointReference | undefined;
  /** What the training goes on from: another one where the newest is damaged. */
  readonly from: CheckpointReference | undefined;
  /** Its local file. */
  readonly file: string | undefined;
}

export class CheckpointCommitter {
  readonly #store: Pick<CoordinatorStore, 'commit'>;
  readonly #patience: Patience;
  #named: CheckpointReference | undefined;
  #last: CheckpointReference | undefined;
  #files: string[];
  /** What the last commit left behind is gone. */
  #cleaned = Promise.resolve();

  constructor(
    store: Pick<CoordinatorStore, 'commit'>,
    patience: Patience,
    { named, from, file }: CommitStart,
  ) {
    this.#store = store;
    this.#patience = patience;
    this.#named = named;
    this.#last = from;
    this.#files = file === undefined ? [] : [file];
  }

  /** Step of the checkpoint that a new owner would go on from. */
  get committedStep(): number {
    return this.#last?.step ?? 0;
  }

  /**
   * One at a time. Local files of what the pointer no longer names are deleted afterwards; its blobs are the
   * coordinator's.
   *
   * @throws {LyceumError} ABORTED if the run has a newer owner; CANCELLED if it was given up.
   */
  async commit({ step, bytes, digest, file, history }: TrainingCheckpoint): Promise<void> {
    const checkpoint = { step, digest };
    const commit = { checkpoint, bytes, history, named: this.#named, previous: this.#last };
    await patiently('checkpoint commit', this.#patience, () => this.#store.commit(commit));
    this.#named = checkpoint;
    this.#last = checkpoint;
    this.#files = [...this.#files.filter((kept) => kept !== file), file];
    const files = this.#files.splice(0, this.#files.length - KEPT_FILES);
    await this.#cleaned;
    this.#cleaned = this.#clean(files);
  }

  /** Resolves once nothing is being deleted any more. */
  cleaned(): Promise<void> {
    return this.#cleaned;
  }

  /** Never rejects. */
  async #clean(files: readonly string[]): Promise<void> {
    try {
      for (const file of files) await rm(file, { force: true });
    } catch (err) {
      this.#patience.log.warn({ err, files }, 'superseded checkpoint not deleted');
    }
  }
}
