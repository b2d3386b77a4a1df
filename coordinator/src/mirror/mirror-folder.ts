/**
 * A copy on the coordinator's disk of what it needs of NATS to go on without it: records, pointers, names, and
 * the blobs that they refer to.
 *
 *   store.json                 whose copy it is
 *   buckets/BUCKET/KEY         a record's text, KEY as in an address
 *   blobs/SHA-256              bytes
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@lyceum/learning/data';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';

/** Tells one store of NATS from another; both it and its copy hold one. */
export const storeMarker = z.strictObject({
  /** Random. */
  storeId: z.string(),
  /** How often this store had to be made again. */
  generation: z.int().min(0),
});

export type StoreMarker = z.output<typeof storeMarker>;

const mirroredStore = storeMarker.extend({
  /** Of the leader whose state this is. In NATS a higher one means that another coordinator has led since. */
  leaderEpoch: z.int().positive(),
});

export type MirroredStore = z.output<typeof mirroredStore>;

const DIGEST = /^[0-9a-f]{64}$/;

export class MirrorFolder {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string, buckets: readonly string[]): Promise<MirrorFolder> {
    for (const bucket of buckets) await mkdir(join(folder, 'buckets', bucket), { recursive: true });
    await mkdir(join(folder, 'blobs'), { recursive: true });
    return new MirrorFolder(folder);
  }

  /** Undefined: nothing was ever copied. @throws {LyceumError} FAILED_PRECONDITION if it cannot be read. */
  async store(): Promise<MirroredStore | undefined> {
    const file = join(this.#folder, 'store.json');
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    try {
      return mirroredStore.parse(JSON.parse(text.toString()));
    } catch (cause) {
      const message = `${file} is damaged; delete the folder ${this.#folder} if NATS has its records`;
      throw new LyceumError('FAILED_PRECONDITION', message, { cause });
    }
  }

  setStore(store: MirroredStore): Promise<void> {
    return writeDurably(join(this.#folder, 'store.json'), `${JSON.stringify(store)}\n`);
  }

  /** It is not known to be a whole copy any more: nothing is restored from it. */
  forgetStore(): Promise<void> {
    return rm(join(this.#folder, 'store.json'), { force: true });
  }

  async keys(bucket: string): Promise<string[]> {
    const names = await readdir(join(this.#folder, 'buckets', bucket));
    return names.filter((name) => !name.endsWith('.tmp')).map(decodeURIComponent);
  }

  async record(bucket: string, key: string): Promise<string | undefined> {
    return (await readIfThere(this.#record(bucket, key)))?.toString();
  }

  putRecord(bucket: string, key: string, text: string): Promise<void> {
    return writeDurably(this.#record(bucket, key), text);
  }

  deleteRecord(bucket: string, key: string): Promise<void> {
    return rm(this.#record(bucket, key), { force: true });
  }

  /** Digests of the blobs that are there. */
  async digests(): Promise<string[]> {
    return (await readdir(join(this.#folder, 'blobs'))).filter((name) => DIGEST.test(name));
  }

  /** Undefined if it is not there, or damaged. */
  async blob(digest: string): Promise<Buffer | undefined> {
    const bytes = await readIfThere(join(this.#folder, 'blobs', digest));
    if (bytes === undefined) return undefined;
    return createHash('sha256').update(bytes).digest('hex') === digest ? bytes : undefined;
  }

  putBlob(digest: string, bytes: Uint8Array): Promise<void> {
    return writeDurably(join(this.#folder, 'blobs', digest), bytes);
  }

  deleteBlob(digest: string): Promise<void> {
    return rm(join(this.#folder, 'blobs', digest), { force: true });
  }

  #record(bucket: string, key: string): string {
    return join(this.#folder, 'buckets', bucket, encodeURIComponent(key));
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined;
    throw err;
  }
}
