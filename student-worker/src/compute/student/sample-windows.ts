/** Samples of a set while they are looked at: all of a set of one file, always there; windows of a set in shards. */
import { type Dataset, withHeld } from '@lyceum/learning/datasets';
import { LyceumError } from '@lyceum/proto';
import type { StudentPictures } from '../../job/index.js';

/** A set with some of its samples in memory. */
export interface HeldPart {
  readonly dataset: Dataset;
  /** The samples are not read any more. Call it once. */
  close(): void;
}

export class SampleWindows {
  readonly #dataset: Dataset;
  readonly #pictures: StudentPictures | undefined;

  /** @param pictures - of a set in shards; others need none. */
  constructor(dataset: Dataset, pictures: StudentPictures | undefined) {
    this.#dataset = dataset;
    this.#pictures = pictures;
  }

  /** Whether samples have to be brought into memory. */
  get isNeeded(): boolean {
    return this.#dataset.held !== undefined;
  }

  /**
   * These samples, and perhaps others.
   *
   * @throws {LyceumError} UnreadableSetError if only a person can make them readable; CANCELLED if the training is given up.
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

  /** These samples will be opened soon, in one window. */
  fetchAhead(samples: Uint32Array): void {
    if (this.isNeeded) this.#pictures?.fetchAhead(samples);
  }
}
