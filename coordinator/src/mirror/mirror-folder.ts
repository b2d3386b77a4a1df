/**
 * A copy on the coordinator's disk of what it needs of NATS to go on without it: records, pointers, names, and
 * the blobs that they refer to. Each file carries a SHA-256, by which a damaged one is known: text files in their first
 * line (of what the file is called, and the rest of it), blobs in their name.
 *
 *   store.json                      whose copy it is
 *   buckets/BUCKET/KEY.record       a record's text, KEY as in an address
 *   buckets/BUCKET/KEY.damaged      what was one, and could not be restored
 *   blobs/SHA-256                   bytes
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDrafts, writeDurably } from '@lyceum/learning/files';
import { makeFolder, readIfThere } from '@lyceum/platform';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { z } from 'zod';

/** Tells one store of NATS from another. The store holds its marker, and so does the copy. */
export const storeMarker = z.strictObject({
  /** Random. */
  storeId: z.string(),
  /** How often this store had to be made again. */
  generation: z.int().min(0),
});

export type StoreMarker = z.output<typeof storeMarker>;

const mirroredStore = storeMarker.extend({
  /**
   * Epoch of the leader whose state this is. In NATS a higher one means that another coordinator has led since. 0:
   * there is no copy yet; only the store's id is known.
   */
  leaderEpoch: z.int().min(0),
});

export type MirroredStore = z.output<typeof mirroredStore>;

const DIGEST = /^[0-9a-f]{64}$/;

const STORE_FILE = 'store.json';
/** So that no temporary file passes for a record, whatever its key ends with. */
const RECORD_ENDING = '.record';

export class MirrorFolder {
  readonly #folder: string;
  readonly #buckets: readonly string[];

  private constructor(folder: string, buckets: readonly string[]) {
    this.#folder = folder;
    this.#buckets = buckets;
  }

  static async open(folder: string, buckets: readonly string[]): Promise<MirrorFolder> {
    const places = [
      ...buckets.map((bucket) => join(folder, 'buckets', bucket)),
      join(folder, 'blobs'),
    ];
    for (const place of places) {
      await makeFolder(place);
      await removeDrafts(place);
    }
    return new MirrorFolder(folder, buckets);
  }

  /** Undefined: it was never used with NATS. @throws {LyceumError} FAILED_PRECONDITION if it cannot be read. */
  async store(): Promise<MirroredStore | undefined> {
    const file = join(this.#folder, STORE_FILE);
    const bytes = await readIfThere(file);
    if (bytes === undefined) return undefined;
    try {
      return mirroredStore.parse(JSON.parse(checkedText(STORE_FILE, bytes) ?? ''));
    } catch (cause) {
      const message = `${file} is damaged; delete the folder ${this.#folder} if NATS has its records`;
      throw new LyceumError('FAILED_PRECONDITION', message, { cause });
    }
  }

  setStore(store: MirroredStore): Promise<void> {
    const text = withChecksum(STORE_FILE, `${JSON.stringify(store)}\n`);
    return writeDurably(join(this.#folder, STORE_FILE), text);
  }

  /** Forgets the records. Blobs stay: they are named by their digests, so they are right in any copy. */
  async clearRecords(): Promise<void> {
    for (const bucket of this.#buckets) {
      for (const key of await this.keys(bucket)) await this.deleteRecord(bucket, key);
    }
  }

  async keys(bucket: string): Promise<string[]> {
    const names = await readdir(join(this.#folder, 'buckets', bucket));
    return names.flatMap((name) => keyIn(name) ?? []);
  }

  /** Undefined if it is not there, or damaged. */
  async record(bucket: string, key: string): Promise<string | undefined> {
    const bytes = await readIfThere(this.#record(bucket, key));
    return bytes === undefined ? undefined : checkedText(`${bucket}/${key}`, bytes);
  }

  putRecord(bucket: string, key: string, text: string): Promise<void> {
    return writeDurably(this.#record(bucket, key), withChecksum(`${bucket}/${key}`, text));
  }

  /** Keeps what is left of a damaged record for a person to look at. @returns the file. */
  async setAside(bucket: string, key: string): Promise<string> {
    const file = this.#record(bucket, key);
    const aside = `${file.slice(0, -RECORD_ENDING.length)}.damaged`;
    await rename(file, aside);
    return aside;
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
    return sha256Hex(bytes) === digest ? bytes : undefined;
  }

  putBlob(digest: string, bytes: Uint8Array): Promise<void> {
    return writeDurably(join(this.#folder, 'blobs', digest), bytes);
  }

  deleteBlob(digest: string): Promise<void> {
    return rm(join(this.#folder, 'blobs', digest), { force: true });
  }

  #record(bucket: string, key: string): string {
    return join(this.#folder, 'buckets', bucket, `${encodeURIComponent(key)}${RECORD_ENDING}`);
  }
}

function withChecksum(name: string, text: string): string {
  return `${checksum(name, Buffer.from(text))}\n${text}`;
}

/** Undefined: another byte than was written, or another file's. */
function checkedText(name: string, bytes: Buffer): string | undefined {
  const end = bytes.indexOf('\n');
  const text = bytes.subarray(end + 1);
  return bytes.toString('latin1', 0, end) === checksum(name, text) ? text.toString() : undefined;
}

function checksum(name: string, text: Buffer): string {
  return sha256Hex(Buffer.concat([Buffer.from(`${name}\n`), text]));
}

/** The key of a record's file; undefined: it is another file. */
function keyIn(name: string): string | undefined {
  if (!name.endsWith(RECORD_ENDING)) return undefined;
  try {
    return decodeURIComponent(name.slice(0, -RECORD_ENDING.length));
  } catch {
    return undefined;
  }
}
