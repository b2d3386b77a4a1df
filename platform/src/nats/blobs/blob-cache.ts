/**
 * Blobs as local files, fetched once and checked: for readers that need a path, or need the blob after a restart.
 *
 * A file's name is its digest, and a file appears whole or not at all. Each is still read through once per process,
 * since disks can lose data.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf, makeFolder, mountedFile, withPath } from '../../files/index.js';
import { SharedWork } from '../../pacing/index.js';
import type { BlobStore } from './blob-store.js';

const DRAFT_ENDING = '.part';

export class BlobCache {
  readonly #folder: string;
  readonly #blobs: Pick<BlobStore, 'get'>;
  readonly #maxBytes: number;
  readonly #datasetsRoot: string | undefined;
  /** Files that this process has checked or is checking, in the order of their last use. */
  readonly #checked = new Map<string, SharedWork<string>>();
  /** Set once drafts of earlier processes are removed: before this process writes its own. */
  #cleaned: Promise<void> | undefined;

  /**
   * @param datasetsRoot - the folder of mounted files; undefined: there are none.
   * @param maxBytes - for all files together; a single larger file is still kept. Use a path at once, and ask again
   *   for the next use: the files that were used longest ago are removed to make room.
   */
  constructor(
    folder: string,
    blobs: Pick<BlobStore, 'get'>,
    maxBytes: number,
    datasetsRoot?: string,
  ) {
    this.#datasetsRoot = datasetsRoot;
    this.#folder = folder;
    this.#blobs = blobs;
    this.#maxBytes = maxBytes;
  }

  /**
   * Path of a local file with these bytes.
   *
   * @param a.path - a mounted file with these bytes; it is checked and used in its place.
   * @param a.signal - aborts when the caller has gone. Reading a mounted file ends once all who wait for it have gone.
   * @throws {LyceumError} NOT_FOUND if the blob is not there, or no mounted file with these bytes; INVALID_ARGUMENT if
   *   there are no mounted files here.
   */
  async file(
    digest: string,
    a: { readonly path?: string; readonly signal?: AbortSignal } = {},
  ): Promise<string> {
    const { path, signal } = a;
    const key = keyOf(digest, path);
    const known = this.#checked.get(key);
    const found =
      known?.isAbandoned === false
        ? known
        : new SharedWork((abandoned) =>
            path === undefined
              ? this.#fetched(digest)
              : mountedFile(this.#datasetsRoot, path, digest, abandoned),
          );
    // Moved to the map's end: the last used.
    this.#checked.delete(key);
    this.#checked.set(key, found);
    try {
      return await found.wait(signal);
    } catch (err) {
      // Work that other callers wait for stays.
      if ((signal?.aborted !== true || found.isAbandoned) && this.#checked.get(key) === found) {
        this.#checked.delete(key);
      }
      throw err;
    }
  }

  async #fetched(digest: string): Promise<string> {
    const path = join(this.#folder, digest);
    if ((await digestOfFile(path)) === digest) {
      const now = new Date();
      // The times only decide which file is removed first, and the disk may be read-only by now: failures do not
      // matter.
      await utimes(path, now, now).catch(() => undefined);
      return path;
    }
    const bytes = await this.#blobs.get(digest);
    await withPath('write', path, () => this.#keep(path, digest, bytes), bytes.length);
    return path;
  }

  async #keep(path: string, digest: string, bytes: Uint8Array): Promise<void> {
    await makeFolder(this.#folder);
    // A draft that cannot be removed only takes room.
    this.#cleaned ??= this.#removeDrafts().catch(() => undefined);
    await this.#cleaned;
    await this.#makeRoom(bytes.length);
    const draft = join(this.#folder, `${digest}.${randomUUID()}${DRAFT_ENDING}`);
    try {
      const file = await open(draft, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (err) {
      await rm(draft, { force: true });
      throw err;
    }
  }

  /** Removes drafts that killed processes left. */
  async #removeDrafts(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith(DRAFT_ENDING)) await rm(join(this.#folder, name), { force: true });
    }
  }

  /**
   * Removes the files that were used longest ago: those of earlier processes first, then this one's by their last use.
   */
  async #makeRoom(bytes: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const lastUse = new Map([...this.#checked.keys()].map((key, order) => [key, order]));
    const found = await Promise.all(
      names.map(async (name) => {
        // Another blob that comes at the same moment may have removed this file.
        const facts = await stat(join(this.#folder, name)).catch(() => undefined);
        if (facts === undefined) return [];
        const { size, mtimeMs } = facts;
        return [{ name, size, mtimeMs, order: lastUse.get(keyOf(name)) ?? -1 }];
      }),
    );
    const files = found.flat();
    files.sort((a, b) => a.order - b.order || a.mtimeMs - b.mtimeMs);
    let total = files.reduce((sum, { size }) => sum + size, bytes);
    for (const { name, size } of files) {
      if (total <= this.#maxBytes) return;
      // A reader that has the file open goes on; the next request fetches it again.
      this.#checked.delete(keyOf(name));
      await rm(join(this.#folder, name), { force: true });
      total -= size;
    }
  }
}

function keyOf(digest: string, path = ''): string {
  return `${digest} ${path}`;
}

/** Undefined if the file is missing or cannot be read: it is then fetched again. */
async function digestOfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (err) {
    if (errnoOf(err) !== undefined) return undefined;
    throw err;
  }
  return hash.digest('hex');
}
