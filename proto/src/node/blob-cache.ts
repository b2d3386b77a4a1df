/**
 * Blobs as local files, fetched once and checked: what needs a path, or is needed again after a restart.
 *
 * A file's name is its digest and it appears whole or not at all, so what lies there may be trusted to be
 * what it was when it was written; it is read through once per process all the same, since disks forget.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LyceumError } from '../errors.js';
import type { BlobStore } from './nats-blobs.js';

export class BlobCache {
  readonly #folder: string;
  readonly #blobs: Pick<BlobStore, 'get'>;
  readonly #maxBytes: number;
  /** Files that this process has checked or is about to, in the order of their last use. */
  readonly #checked = new Map<string, Promise<string>>();

  /**
   * @param maxBytes - what all files together may take, but for a single one that is larger. Use a path at
   *   once and ask again for the next use: files that were not asked for lately are removed for others.
   */
  constructor(folder: string, blobs: Pick<BlobStore, 'get'>, maxBytes: number) {
    this.#folder = folder;
    this.#blobs = blobs;
    this.#maxBytes = maxBytes;
  }

  /**
   * Path of a local file with these bytes.
   *
   * @param a.path - a mounted file that has them; it is checked and used where it lies.
   * @throws {LyceumError} NOT_FOUND if the blob or the mounted file is not there, INVALID_ARGUMENT if the
   *   mounted file has other bytes.
   */
  file(digest: string, a: { readonly path?: string } = {}): Promise<string> {
    const key = keyOf(digest, a.path);
    const known = this.#checked.get(key);
    const found = known ?? (a.path === undefined ? this.#fetched(digest) : mounted(a.path, digest));
    // Last in the map: used last.
    this.#checked.delete(key);
    this.#checked.set(key, found);
    if (known === undefined) found.catch(() => this.#checked.delete(key));
    return found;
  }

  async #fetched(digest: string): Promise<string> {
    const path = join(this.#folder, digest);
    if ((await digestOfFile(path)) === digest) {
      const now = new Date();
      await utimes(path, now, now);
      return path;
    }
    const bytes = await this.#blobs.get(digest);
    await mkdir(this.#folder, { recursive: true });
    await this.#makeRoom(bytes.length);
    const draft = join(this.#folder, `${digest}.${randomUUID()}.part`);
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
    return path;
  }

  /** Removes what was used longest ago: files of earlier processes, then ours in the order of their use. */
  async #makeRoom(bytes: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const lastUse = new Map([...this.#checked.keys()].map((key, order) => [key, order]));
    const files = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs } = await stat(join(this.#folder, name));
        return { name, size, mtimeMs, order: lastUse.get(keyOf(name)) ?? -1 };
      }),
    );
    files.sort((a, b) => a.order - b.order || a.mtimeMs - b.mtimeMs);
    let total = files.reduce((sum, { size }) => sum + size, bytes);
    for (const { name, size } of files) {
      if (total <= this.#maxBytes) return;
      // Whoever has it open goes on reading; the next to ask has it fetched again.
      this.#checked.delete(keyOf(name));
      await rm(join(this.#folder, name), { force: true });
      total -= size;
    }
  }
}

function keyOf(digest: string, path = ''): string {
  return `${digest} ${path}`;
}

async function mounted(path: string, digest: string): Promise<string> {
  const found = await digestOfFile(path);
  if (found === undefined) throw new LyceumError('NOT_FOUND', `there is no file ${path}`);
  if (found !== digest) {
    throw new LyceumError('INVALID_ARGUMENT', `${path} has the SHA-256 ${found}, wanted ${digest}`);
  }
  return path;
}

/** Undefined if there is no such file. */
async function digestOfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined;
    throw err;
  }
  return hash.digest('hex');
}
