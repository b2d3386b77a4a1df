/**
 * What was found in shards, kept in a folder, so that an indexing that was broken off goes on where it was. A folder that
 * takes nothing, of a full disk for one, keeps no set from being registered: that is a warning.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@lyceum/platform';
import { sha256Hex, toLyceumError } from '@lyceum/proto';
import { removeOldDrafts, writeDurably } from '../files/index.js';
import { readShardRows, type ShardRows, writeShardRows } from './formats/index.js';

/** Rises when the same shard would give other rows, or they are written otherwise. */
const INDEX_VERSION = 4;

export class ShardCache {
  readonly #folder: string;
  #trouble: string | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder - of the user's cache. */
  static async open(folder: string): Promise<ShardCache> {
    const cache = new ShardCache(join(folder, 'shard-indexes'));
    await cache.#tried(() => makeFolder(cache.#folder));
    await removeOldDrafts(cache.#folder);
    return cache;
  }

  /** Why something could not be kept; undefined: all was. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * @param key - all that decides what `index` finds: URL, size, ETag, options; undefined: nobody knows, so nothing is kept.
   * @returns what was found before, or what `index` finds now.
   */
  async rows(key: unknown, index: () => Promise<ShardRows>): Promise<ShardRows> {
    if (key === undefined) return index();
    const name = sha256Hex(Buffer.from(JSON.stringify([INDEX_VERSION, key])));
    const file = join(this.#folder, `${name}.npz`);
    try {
      return readShardRows(await readFile(file));
    } catch {
      // There is none, or none that can be read: the shard itself is there.
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
