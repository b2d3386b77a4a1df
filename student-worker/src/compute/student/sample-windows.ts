/**
 * Brings samples into memory: a set in one file is always there; of a set in shards, windows of pictures are opened.
 */
import { type Dataset, withHeld } from '@lyceum/learning/datasets';
import { LyceumError } from '@lyceum/proto';
import type { StudentPictures } from '../../job/index.js';

/** A set with some of its samples in memory. */
export interface HeldPart {
  readonly dataset: Dataset;
  /** Call it once, when the samples are not read any more. */
  close(): void;
}

export class SampleWindows {
  readonly #dataset: Dataset;
  readonly #pictures: StudentPictures | undefined;

  /** @param pictures - reads pictures of a set in shards; other sets need none. */
  constructor(dataset: Dataset, pictures: StudentPictures | undefined) {
    this.#dataset = dataset;
    this.#pictures = pictures;
  }

  /** Whether samples have to be brought into memory. */
  get isNeeded(): boolean {
    return this.#dataset.held !== undefined;
  }

  /**
   * A part of the set with at least these samples.
   *
   * @throws {LyceumError} UnreadableSetError if only a person can make them readable; CANCELLED if the training ends
   *   before.
   */
  async open(samples: Uint32Array): Promise<HeldPart> {
    const whole = this.#dataset;
    if (!this.isNeeded) return { dataset: whole, close: () => undefined };
    const pictures = this.#pictures;
    if (pictures === undefined) {
      throw new LyceumError('INTERNAL', 'nobody brings the pictures of the set in shards');
    }
    const { id, inputs } = await pictures.openWindow(samples);
    const dataset = withHeld(whole, samples, inputs);
    return { dataset, close: () => pictures.closeWindow(id) };
  }

  /** Announces that these samples will be opened soon, in one window. */
  fetchAhead(samples: Uint32Array): void {
    if (this.isNeeded) this.#pictures?.fetchAhead(samples);
  }
}
