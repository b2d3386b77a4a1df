/** The sets that teachers are asked about, as verified files on this machine, and the first samples for a load. */
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
   * The set's file. If the set is in shards, its pictures are known to be readable.
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
      // This worker's mounted file has other bytes; another worker's mount may be right.
      throw new LyceumError('FAILED_PRECONDITION', err.message, { cause: err });
    }
  }

  /**
   * The readable sets, with their first samples: a set that cannot be read must not keep the teacher from the other
   * runs.
   *
   * @throws {LyceumError} if none can be read.
   */
  async readable(datasets: readonly WantedDataset[]): Promise<HeldFile[]> {
    const { held, failed } = await this.#held(datasets);
    if (failed !== undefined && held.length === 0) throw failed.reason;
    return held;
  }

  /** All sets, with their first samples. @throws {LyceumError} if one cannot be read. */
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
