/**
 * A folder that keeps the rows of shards, so that an interrupted indexing continues where it was. If the folder cannot
 * be written, as on a full disk, the set is registered all the same, with a warning.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@lyceum/platform';
import { sha256Hex, toLyceumError } from '@lyceum/proto';
import { removeOldDrafts, writeDurably } from '../files/index.js';
import { readShardRows, type ShardRows, writeShardRows } from './formats/index.js';

/** Rises when the same shard gives other rows, or rows are stored in another way. */
const INDEX_VERSION = 4;

export class ShardCache {
  readonly #folder: string;
  #trouble: string | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder - in the user's cache. */
  static async open(folder: string): Promise<ShardCache> {
    const cache = new ShardCache(join(folder, 'shard-indexes'));
    await cache.#tried(() => makeFolder(cache.#folder));
    await removeOldDrafts(cache.#folder);
    return cache;
  }

  /** Why rows could not be kept; undefined: all were kept. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * @param key - everything that decides the rows: URL, size, ETag, options; undefined: not known, so nothing is
   *   kept.
   * @returns the rows that were kept, or those that `index` finds now.
   */
  async rows(key: unknown, index: () => Promise<ShardRows>): Promise<ShardRows> {
    if (key === undefined) return index();
    const name = sha256Hex(Buffer.from(JSON.stringify([INDEX_VERSION, key])));
    const file = join(this.#folder, `${name}.npz`);
    try {
      return readShardRows(await readFile(file));
    } catch {
      // There is no such file, or it cannot be read: the shard itself will be.
    }
    const rows = await index();
    await this.#tried(() => writeDurably(file, writeShardRows(rows)));
    return rows;
  }

  async #tried(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (err) {
      this.#trouble ??= toLyceumError(err).message;
    }
  }
}
