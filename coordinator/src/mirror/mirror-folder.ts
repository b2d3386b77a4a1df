/**
 * A copy on the coordinator's disk of the state in NATS that it cannot do without: records, pointers, names, and the
 * blobs that they refer to. A SHA-256 shows whether a file is damaged: text files have it in their first line (over
 * the file's name and the other lines), blobs have it as their name.
 *
 *   store.json                      the store that this is a copy of, and the keys of its records
 *   buckets/BUCKET/KEY.record       a record's text; KEY is URL-encoded
 *   buckets/BUCKET/KEY.damaged      a damaged record, which could not be restored
 *   blobs/SHA-256                   a blob's bytes
 */
import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDrafts, writeDurably } from '@lyceum/learning/files';
import { makeFolder, readIfThere } from '@lyceum/platform';
import { CHUNK_BYTES, LyceumError, sha256Hex } from '@lyceum/proto';
import { z } from 'zod';

/** Tells one store in NATS from another. Both the store and its copy hold the marker. */
export const storeMarker = z.strictObject({
  /** Random. */
  storeId: z.string(),
  /** How often this store was restored. */
  generation: z.int().min(0),
});

export type StoreMarker = z.output<typeof storeMarker>;

const mirroredStore = storeMarker.extend({
  /**
   * Epoch of the leader whose state this is. If NATS has a higher epoch, another coordinator has led since. 0: there
   * is no copy yet; only the store's id is known.
   */
  leaderEpoch: z.int().min(0),
  /** By bucket, records that the copy has: a copy without one of them is damaged, or was cut off. */
  keys: z.record(z.string(), z.array(z.string())).optional(),
});

export type MirroredStore = z.output<typeof mirroredStore>;

const DIGEST = /^[0-9a-f]{64}$/;

const STORE_FILE = 'store.json';
/** Tells records from temporary files, whatever a key ends with. */
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

  /** Undefined: the folder is new. @throws {LyceumError} FAILED_PRECONDITION if its store file is damaged. */
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

  /** Deletes the records. Blobs stay: their names are their digests, so they are right in any copy. */
  async clearRecords(): Promise<void> {
    const store = await this.store();
    if (store?.keys !== undefined) await this.setStore({ ...store, keys: {} });
    for (const bucket of this.#buckets) {
      for (const key of await this.keys(bucket)) await this.deleteRecord(bucket, key);
    }
  }

  async keys(bucket: string): Promise<string[]> {
    const names = await readdir(join(this.#folder, 'buckets', bucket));
    return names.flatMap((name) => keyIn(name) ?? []);
  }

  /** Keys of records that the copy had, and that it has lost. */
  async lostKeys(bucket: string): Promise<string[]> {
    const listed = (await this.store())?.keys?.[bucket] ?? [];
    const there = new Set(await this.keys(bucket));
    return listed.filter((key) => !there.has(key));
  }

  /** Undefined: the record is missing or damaged. */
  async record(bucket: string, key: string): Promise<string | undefined> {
    const bytes = await readIfThere(this.recordFile(bucket, key));
    return bytes === undefined ? undefined : checkedText(`${bucket}/${key}`, bytes);
  }

  putRecord(bucket: string, key: string, text: string): Promise<void> {
    return writeDurably(this.recordFile(bucket, key), withChecksum(`${bucket}/${key}`, text));
  }

  /** Keeps a damaged record's file for a person to look at. @returns its new path. */
  async setAside(bucket: string, key: string): Promise<string> {
    await this.#unlist(bucket, key);
    const file = this.recordFile(bucket, key);
    const aside = `${file.slice(0, -RECORD_ENDING.length)}.damaged`;
    await rename(file, aside);
    return aside;
  }

  async deleteRecord(bucket: string, key: string): Promise<void> {
    await this.#unlist(bucket, key);
    await rm(this.recordFile(bucket, key), { force: true });
  }

  /** Digests of the blobs in the folder. */
  async digests(): Promise<string[]> {
    return (await readdir(join(this.#folder, 'blobs'))).filter((name) => DIGEST.test(name));
  }

  /** The blob's file, in chunks: the blob may be larger than memory. Nobody has compared the bytes with the digest. */
  async blobChunks(
    digest: string,
  ): Promise<{ readonly sizeBytes: number; readonly chunks: AsyncIterable<Buffer> }> {
    const file = join(this.#folder, 'blobs', digest);
    const { size } = await stat(file);
    return { sizeBytes: size, chunks: createReadStream(file, { highWaterMark: CHUNK_BYTES }) };
  }

  /** @param bytes - or pieces of them, which throw if they are not the blob. */
  putBlob(digest: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    return writeDurably(join(this.#folder, 'blobs', digest), bytes);
  }

  deleteBlob(digest: string): Promise<void> {
    return rm(join(this.#folder, 'blobs', digest), { force: true });
  }

  recordFile(bucket: string, key: string): string {
    return join(this.#folder, 'buckets', bucket, `${encodeURIComponent(key)}${RECORD_ENDING}`);
  }

  /** Before the record's file goes: the list never names a record that was deleted. */
  async #unlist(bucket: string, key: string): Promise<void> {
    const store = await this.store();
    const listed = store?.keys?.[bucket] ?? [];
    if (store === undefined || !listed.includes(key)) return;
    const others = listed.filter((other) => other !== key);
    await this.setStore({ ...store, keys: { ...store.keys, [bucket]: others } });
  }
}

function withChecksum(name: string, text: string): string {
  return `${checksum(name, Buffer.from(text))}\n${text}`;
}

/** Undefined: the file is damaged, or holds another file's content. */
function checkedText(name: string, bytes: Buffer): string | undefined {
  const end = bytes.indexOf('\n');
  const text = bytes.subarray(end + 1);
  return bytes.toString('latin1', 0, end) === checksum(name, text) ? text.toString() : undefined;
}

function checksum(name: string, text: Buffer): string {
  return sha256Hex(Buffer.concat([Buffer.from(`${name}\n`), text]));
}

/** The key of a record's file; undefined: the file is no record. */
function keyIn(name: string): string | undefined {
  if (!name.endsWith(RECORD_ENDING)) return undefined;
  try {
    return decodeURIComponent(name.slice(0, -RECORD_ENDING.length));
  } catch {
    return undefined;
  }
}
