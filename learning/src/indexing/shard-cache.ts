/** What was found in shards, kept in a folder, so that an indexing that was broken off goes on where it was. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '@lyceum/proto';
import { writeDurably } from '../files/index.js';
import { readShardRows, type ShardRows, writeShardRows } from './formats/index.js';

/** Rises when the same shard would give other rows, or they are written otherwise. */
const INDEX_VERSION = 3;

export class ShardCache {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder - of the user's cache. */
  static async open(folder: string): Promise<ShardCache> {
    const own = join(folder, 'shard-indexes');
    await mkdir(own, { recursive: true });
    return new ShardCache(own);
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
    await writeDurably(file, writeShardRows(rows));
    return rows;
  }
}
