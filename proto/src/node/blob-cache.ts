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
  /** Files that this process has checked, by digest; a promise while that goes on. */
  readonly #checked = new Map<string, Promise<string>>();

  /** @param maxBytes - what all files together may take; those unused for longest go first. */
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
    const key = `${digest} ${a.path ?? ''}`;
    const known = this.#checked.get(key);
    if (known !== undefined) return known;
    const found = a.path === undefined ? this.#fetched(digest) : mounted(a.path, digest);
    this.#checked.set(key, found);
    found.catch(() => this.#checked.delete(key));
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

  async #makeRoom(bytes: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const files = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs } = await stat(join(this.#folder, name));
        return { name, size, mtimeMs };
      }),
    );
    files.sort((a, b) => a.mtimeMs - b.mtimeMs);
    let total = files.reduce((sum, { size }) => sum + size, bytes);
    for (const { name, size } of files) {
      if (total <= this.#maxBytes) return;
      // A file in use stays readable for whoever has it open, and is fetched again for the next.
      if (this.#checked.has(`${name} `)) continue;
      await rm(join(this.#folder, name), { force: true });
      total -= size;
    }
  }
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
