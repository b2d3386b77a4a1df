/**
 * A folder of encoded pictures. An entry holds a piece: its pictures one after another. An entry's name is made of the
 * pictures' digests, so the entry is right for every set with the same pictures, and after a restart. Readers verify
 * what they get: a damaged entry is dropped and read again, and a disk that is full or fails counts as one without
 * entries.
 */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FolderLock, lockFolder, requireRoom } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { CacheLedger } from './cache-ledger.js';

/** An entry's file name: half a SHA-256, and its bytes. */
const NAME = /^([0-9a-f]{32})-(\d+)$/;
const UNFINISHED = '.tmp';

interface DiskCacheSettings {
  readonly folder: string;
  readonly capacityBytes: number;
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Part of an entry. */
export interface EntryRange {
  readonly start: number;
  readonly end: number;
}

export class DiskCache {
  readonly ledger: CacheLedger;
  readonly #folder: string;
  readonly #warn: DiskCacheSettings['warn'];
  readonly #lock: FolderLock;
  readonly #names = new Map<string, string>();
  #isFailing = false;

  /** @returns undefined, having warned, if the folder cannot be used or another process uses it. */
  static async open(settings: DiskCacheSettings): Promise<DiskCache | undefined> {
    const { folder, warn } = settings;
    let lock: FolderLock | undefined;
    try {
      lock = await lockFolder(folder, 'a cache of pictures');
      const cache = new DiskCache(settings, lock);
      await cache.#findEntries();
      return cache;
    } catch (err) {
      lock?.release();
      const { message: reason } = toLyceumError(err);
      warn({ folder, reason }, 'no pictures are kept on disk: the cache folder cannot be used');
      return undefined;
    }
  }

  private constructor({ folder, capacityBytes, warn }: DiskCacheSettings, lock: FolderLock) {
    this.ledger = new CacheLedger(capacityBytes);
    this.#folder = folder;
    this.#warn = warn;
    this.#lock = lock;
  }

  /**
   * @param ranges - ascending; ranges that touch are read together.
   * @returns bytes for each range, which the caller verifies; undefined: there is no such entry, or it cannot be
   *   read.
   */
  async read(key: string, ranges: readonly EntryRange[]): Promise<Buffer[] | undefined> {
    const name = this.#names.get(key);
    if (name === undefined) return undefined;
    try {
      const file = await open(join(this.#folder, name));
      try {
        const parts: Buffer[] = [];
        for (const run of touching(ranges)) {
          const start = run[0]?.start ?? 0;
          const length = (run.at(-1)?.end ?? start) - start;
          const bytes = Buffer.allocUnsafeSlow(length);
          const { bytesRead } = await file.read(bytes, 0, length, start);
          if (bytesRead < length) throw new Error('it is cut off');
          for (const { start: from, end } of run)
            parts.push(bytes.subarray(from - start, end - start));
        }
        this.ledger.read(key);
        return parts;
      } finally {
        await file.close();
      }
    } catch (err) {
      await this.drop(key, toLyceumError(err).message);
      return undefined;
    }
  }

  /** Keeps pictures if there is room or room can be made. Never throws: pictures that are not kept are read again. */
  async write(key: string, pictures: readonly Uint8Array[]): Promise<void> {
    const bytes = pictures.reduce((sum, { length }) => sum + length, 0);
    const victims = this.ledger.has(key) ? undefined : this.ledger.victims(key, bytes);
    if (victims === undefined) return;
    const name = `${key}-${bytes}`;
    const path = join(this.#folder, name);
    this.ledger.add(key, bytes);
    try {
      for (const victim of victims) await this.#remove(victim);
      requireRoom(this.#folder, bytes, 'pictures');
      const file = await open(path + UNFINISHED, 'w');
      try {
        const { bytesWritten } = await file.writev([...pictures]);
        if (bytesWritten < bytes)
          throw new Error(`only ${bytesWritten} of ${bytes} bytes were written`);
      } finally {
        await file.close();
      }
      await rename(path + UNFINISHED, path);
      this.#names.set(key, name);
      this.#isFailing = false;
      // Another entry may have replaced this one while it was written.
      if (!this.ledger.has(key)) await this.#remove(key);
    } catch (err) {
      this.ledger.remove(key);
      await rm(path + UNFINISHED, { force: true }).catch(() => undefined);
      this.#tell(toLyceumError(err).message);
    }
  }

  /** @param reason - what is wrong with the entry. */
  async drop(key: string, reason: string): Promise<void> {
    const name = this.#names.get(key);
    this.#warn({ folder: this.#folder, entry: name, reason }, 'dropped a damaged cache entry');
    await this.#remove(key).catch(() => undefined);
  }

  /** Releases the folder for other processes. */
  close(): void {
    this.#lock.release();
  }

  async #findEntries(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const [, key, bytes] = NAME.exec(name) ?? [];
      if (name.endsWith(UNFINISHED)) await rm(join(this.#folder, name), { force: true });
      if (key === undefined) continue;
      this.#names.set(key, name);
      this.ledger.add(key, Number(bytes));
    }
    // The budget may be smaller than at the last start.
    for (const key of this.ledger.victims('', 0) ?? []) await this.#remove(key);
  }

  async #remove(key: string): Promise<void> {
    const name = this.#names.get(key);
    this.#names.delete(key);
    this.ledger.remove(key);
    if (name !== undefined) await rm(join(this.#folder, name), { force: true });
  }

  /** Warns once, until writing works again. */
  #tell(reason: string): void {
    if (!this.#isFailing)
      this.#warn({ folder: this.#folder, reason }, 'pictures were not kept on disk');
    this.#isFailing = true;
  }
}

/** Runs of ranges in which each begins where the one before ends. */
function touching(ranges: readonly EntryRange[]): EntryRange[][] {
  const runs: EntryRange[][] = [];
  for (const range of ranges) {
    const run = runs.at(-1);
    if (run?.at(-1)?.end === range.start) run.push(range);
    else runs.push([range]);
  }
  return runs;
}
