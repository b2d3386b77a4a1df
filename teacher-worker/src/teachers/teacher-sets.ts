/** The sets that teachers are asked about, as verified files on this machine, and what is looked at when one is loaded. */
import type { BlobCache } from '@lyceum/platform/nats';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { DatasetFile, HeldFile, SetPictures } from '../compute/index.js';
import type { WantedDataset } from '../session/index.js';

export class TeacherSets {
  readonly #cache: BlobCache;
  readonly #pictures: SetPictures;

  constructor(cache: BlobCache, pictures: SetPictures) {
    this.#cache = cache;
    this.#pictures = pictures;
  }

  /**
   * The set's file; of a set in shards its pictures can be read.
   *
   * @throws {LyceumError} NOT_FOUND, FAILED_PRECONDITION or UNAVAILABLE if this worker cannot get it.
   */
  async file({ digest, path }: WantedDataset): Promise<DatasetFile> {
    try {
      const where = path === undefined ? {} : { path };
      const file = { digest, file: await this.#cache.file(digest, where) };
      await this.#pictures.open(file);
      return file;
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.code !== 'INVALID_ARGUMENT') throw err;
      // A mounted file with other bytes is wrong here; another worker's mount may be right.
      throw new LyceumError('FAILED_PRECONDITION', err.message, { cause: err });
    }
  }

  /**
   * Those that can be read, with their first samples: who asks about the others must not keep all from the teacher.
   *
   * @throws {LyceumError} if none can.
   */
  async readable(datasets: readonly WantedDataset[]): Promise<HeldFile[]> {
    const { held, failed } = await this.#held(datasets);
    if (failed !== undefined && held.length === 0) throw failed.reason;
    return held;
  }

  /** All of them, with their first samples. @throws {LyceumError} if one cannot be read. */
  async all(datasets: readonly WantedDataset[]): Promise<HeldFile[]> {
    const { held, failed } = await this.#held(datasets);
    if (failed === undefined) return held;
    for (const { release } of held) release();
    throw failed.reason;
  }

  async #held(datasets: readonly WantedDataset[]) {
    const opened = await Promise.allSettled(
      datasets.map(async (dataset) => this.#pictures.heldFirst(await this.file(dataset))),
    );
    return {
      held: opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
      failed: opened.find((one) => one.status === 'rejected'),
    };
  }
}
