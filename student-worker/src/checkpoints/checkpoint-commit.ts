/**
 * Makes a checkpoint the run's newest, through the coordinator, which stores the checkpoint, has the run's answers
 * written to disk, and then moves the run's pointer.
 *
 * A commit is repeated while its peer is away, so it ends in one of two ways: the pointer names the checkpoint, or the
 * run is no longer this worker's.
 */
import { rm } from 'node:fs/promises';
import type { TrainingCheckpoint } from '../job/index.js';
import { type Patience, patiently } from '../session/index.js';
import type { CheckpointReference, CoordinatorStore } from './coordinator-store.js';

/** Local checkpoints that stay: the one that the pointer names, and the one before it. */
const KEPT_FILES = 2;

/** Where a training begins. */
export interface CommitStart {
  /** The checkpoint that the pointer names. */
  readonly named: CheckpointReference | undefined;
  /** The checkpoint that the training goes on from: not the newest if that is damaged. */
  readonly from: CheckpointReference | undefined;
  /** The local file of `from`. */
  readonly file: string | undefined;
}

export class CheckpointCommitter {
  readonly #store: Pick<CoordinatorStore, 'commit'>;
  readonly #patience: Patience;
  #named: CheckpointReference | undefined;
  #last: CheckpointReference | undefined;
  #files: string[];
  /** Resolves when superseded files of the last commit have been deleted. */
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

  /** Step of the checkpoint from which a new owner would go on. */
  get committedStep(): number {
    return this.#last?.step ?? 0;
  }

  /**
   * One at a time. Afterwards, local files of checkpoints that the pointer no longer names are deleted; their blobs
   * belong to the coordinator.
   *
   * @throws {LyceumError} ABORTED if the run has a newer owner; CANCELLED if the work was given up.
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

  /** Resolves once no file is being deleted any more. */
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
