/**
 * Blobs as local files, fetched once and checked: what needs a path, or is needed again after a restart.
 *
 * A file's name is its digest and it appears whole or not at all, so what lies there may be trusted to be
 * what it was when it was written; it is read through once per process all the same, since disks forget.
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
  /** Files that this process has checked or is about to, in the order of their last use. */
  readonly #checked = new Map<string, SharedWork<string>>();
  /** Before this process writes its own. */
  #cleaned: Promise<void> | undefined;

  /**
   * @param datasetsRoot - the folder of mounted files; undefined: there are none.
   * @param maxBytes - what all files together may take, but for a single one that is larger. Use a path at
   *   once and ask again for the next use: files that were not asked for lately are removed for others.
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
   * @param a.path - a mounted file that has them; it is checked and used where it lies.
   * @param a.signal - the caller has gone. Reading a mounted file ends once all who wait for it have.
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
    // Last in the map: used last.
    this.#checked.delete(key);
    this.#checked.set(key, found);
    try {
      return await found.wait(signal);
    } catch (err) {
      // One that others wait for still stays.
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
      // Which file goes first hangs on it, and nothing else: the disk may be read-only by now.
      await utimes(path, now, now).catch(() => undefined);
      return path;
    }
    const bytes = await this.#blobs.get(digest);
    await withPath('write', path, () => this.#keep(path, digest, bytes), bytes.length);
    return path;
  }

  async #keep(path: string, digest: string, bytes: Uint8Array): Promise<void> {
    await makeFolder(this.#folder);
    // What cannot be removed only takes room.
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

  /** Those that a process which was killed has left. */
  async #removeDrafts(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith(DRAFT_ENDING)) await rm(join(this.#folder, name), { force: true });
    }
  }

  /** Removes what was used longest ago: files of earlier processes, then ours in the order of their use. */
  async #makeRoom(bytes: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const lastUse = new Map([...this.#checked.keys()].map((key, order) => [key, order]));
    const found = await Promise.all(
      names.map(async (name) => {
        // Another blob that comes at this moment may have had it removed.
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
      // A reader that has it open goes on; the next request fetches it again.
      this.#checked.delete(keyOf(name));
      await rm(join(this.#folder, name), { force: true });
      total -= size;
    }
  }
}

function keyOf(digest: string, path = ''): string {
  return `${digest} ${path}`;
}

/** Undefined if there is no such file, or it cannot be read: another takes its place then. */
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
