/**
 * Blobs in a JetStream object store in its own format, so that `nats object` shows them: an entry for each blob, and
 * its chunks (`blob-chunks.ts`).
 */
import { randomUUID } from 'node:crypto';
import { BLOB_BUCKET, CHUNK_BYTES, digestBytes, LyceumError, sha256Hex } from '@lyceum/proto';
import {
  headers,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  type ObjectInfo,
  type ObjectStore,
  StorageType,
} from 'nats';
import { natsError, patiently, type Reserve } from '../jetstream/index.js';
import { BLOB_STREAM, BlobChunks, chunkSubject } from './blob-chunks.js';
import {
  type BlobOutline,
  type BlobStore,
  type BlobUpload,
  type StoredBlob,
  TOUCH_AFTER_MS,
} from './blob-store.js';

/** Another program may replace a blob by an equal one while it is read; then reading begins again. */
const GET_ATTEMPTS = 3;

/** @param reserve - blobs are taken while it is whole; their deletions may use it up. */
export async function openBlobStore(
  connection: NatsConnection,
  reserve: Reserve,
  { create }: { create: boolean },
): Promise<BlobStore> {
  try {
    const manager = await connection.jetstreamManager();
    // Opening a store creates it.
    if (!create) await manager.streams.info(BLOB_STREAM);
    const options = { storage: StorageType.File };
    const store = await connection.jetstream().views.os(BLOB_BUCKET, options);
    return new ObjectBlobStore(connection, store, manager, reserve);
  } catch (err) {
    throw natsError(err, `blob store ${BLOB_BUCKET}`);
  }
}

class ObjectBlobStore implements BlobStore {
  readonly #chunks: BlobChunks;
  readonly #store: ObjectStore;
  readonly #manager: JetStreamManager;
  readonly #jetStream: JetStreamClient;
  readonly #reserve: Reserve;
  /** Ids under which chunks are being written. */
  readonly #writing = new Set<string>();

  constructor(
    connection: NatsConnection,
    store: ObjectStore,
    manager: JetStreamManager,
    reserve: Reserve,
  ) {
    this.#chunks = new BlobChunks(connection, manager, reserve);
    this.#store = store;
    this.#manager = manager;
    this.#jetStream = connection.jetstream();
    this.#reserve = reserve;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256Hex(bytes);
    const found = await this.#entry(digest);
    if (found !== undefined && !found.deleted) {
      return (await this.#touched(found)) ? digest : this.put(bytes);
    }
    const blob = { digest, sizeBytes: bytes.length };
    await this.#write(blob, found?.revision ?? 0, (id) => this.#chunks.putSlices(id, bytes));
    return digest;
  }

  async putChunks(
    blob: BlobOutline,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    const found = await this.#entry(blob.digest);
    const isNew = await this.#write(blob, found?.revision ?? 0, (id) =>
      this.#chunks.putArriving(id, blob, chunks),
    );
    if (isNew && found !== undefined && !found.deleted) await this.#chunks.purge(found.nuid);
  }

  /** @returns false if another program put the same bytes meanwhile. */
  async #write(
    { digest, sizeBytes }: BlobOutline,
    revision: number,
    putChunks: (id: string) => Promise<number>,
  ): Promise<boolean> {
    const id = randomUUID().replaceAll('-', '');
    this.#writing.add(id);
    try {
      return await this.#writeAs(id, { digest, sizeBytes }, revision, putChunks);
    } finally {
      this.#writing.delete(id);
    }
  }

  async #writeAs(
    id: string,
    { digest, sizeBytes }: BlobOutline,
    revision: number,
    putChunks: (id: string) => Promise<number>,
  ): Promise<boolean> {
    let chunkCount: number;
    try {
      await this.#reserve.keep();
      chunkCount = await putChunks(id);
    } catch (err) {
      await this.#chunks.purge(id);
      throw natsError(err, `blob ${digest}`);
    }
    try {
      // The entry comes last: until then there is no blob.
      const content = { nuid: id, size: sizeBytes, chunks: chunkCount };
      await this.#putEntry(blobEntry(digest, content), revision);
      return true;
    } catch (err) {
      const failure = natsError(err, `blob ${digest}`);
      // If only the receipt was lost, the entry is there, and the chunks are the blob's: they must stay.
      if (failure.code !== 'ABORTED') throw failure;
      await this.#chunks.purge(id);
      return false;
    }
  }

  async get(digest: string): Promise<Buffer> {
    for (let attempt = 1; attempt <= GET_ATTEMPTS; attempt += 1) {
      const info = await this.#entry(digest);
      if (info === undefined || info.deleted)
        throw new LyceumError('NOT_FOUND', `there is no blob ${digest}`);
      const bytes = await this.#chunks.readWhole(digest, info);
      if (bytes !== undefined) return bytes;
    }
    throw new LyceumError('NOT_FOUND', `blob ${digest} is damaged: its chunks do not add up to it`);
  }

  async *read(digest: string): AsyncGenerator<Buffer, void, undefined> {
    const info = await this.#entry(digest);
    if (info === undefined || info.deleted) {
      throw new LyceumError('NOT_FOUND', `there is no blob ${digest}`);
    }
    yield* this.#chunks.read(digest, info);
  }

  async has(digest: string): Promise<boolean> {
    const info = await this.#entry(digest);
    return info !== undefined && !info.deleted;
  }

  async delete(digest: string): Promise<void> {
    if (!(await this.has(digest))) return;
    try {
      await this.#reserve.spend(() => this.#store.delete(digest));
    } catch (err) {
      throw natsError(err, `blob ${digest}`);
    }
  }

  async list(): Promise<StoredBlob[]> {
    try {
      const entries = await this.#store.list();
      return entries.map(({ name, size, mtime }) => ({
        digest: name,
        sizeBytes: size,
        putAtMs: Date.parse(mtime),
      }));
    } catch (err) {
      throw natsError(err, `blob store ${BLOB_BUCKET}`);
    }
  }

  async lost(digests: readonly string[]): Promise<string[]> {
    if (digests.length === 0) return [];
    const lost: string[] = [];
    const { counts } = await this.#chunkCounts().catch((err: unknown) => {
      throw natsError(err, `blob store ${BLOB_BUCKET}`);
    });
    for (const digest of digests) {
      const info = await this.#entry(digest);
      if (info?.deleted === true) continue;
      const count = info === undefined ? 0 : (counts[chunkSubject(info.nuid)] ?? 0);
      if (info === undefined || count < info.chunks) lost.push(digest);
    }
    return lost;
  }

  async uploads(): Promise<BlobUpload[]> {
    try {
      // In this order: any upload whose chunks are seen here is still being written below, or has its entry by then.
      const { counts, atMs } = await this.#chunkCounts();
      const writing = new Set(Array.from(this.#writing, chunkSubject));
      const whole = new Set((await this.#store.list()).map(({ nuid }) => chunkSubject(nuid)));
      const uploads: BlobUpload[] = [];
      for (const [subject, chunkCount] of Object.entries(counts)) {
        if (whole.has(subject) || writing.has(subject)) continue;
        const last = await this.#manager.streams.getMessage(BLOB_STREAM, { last_by_subj: subject });
        uploads.push({
          id: subject.slice(chunkSubject('').length),
          sizeBytes: (chunkCount - 1) * CHUNK_BYTES + last.data.length,
          idleMs: atMs - last.time.getTime(),
        });
      }
      return uploads;
    } catch (err) {
      throw natsError(err, `blob store ${BLOB_BUCKET}`);
    }
  }

  async deleteUpload(id: string): Promise<void> {
    try {
      await this.#manager.streams.purge(BLOB_STREAM, { filter: chunkSubject(id) });
    } catch (err) {
      throw natsError(err, `upload ${id}`);
    }
  }

  /** Number of chunks by subject, and when they were counted, by NATS's clock. */
  async #chunkCounts(): Promise<{
    readonly counts: Readonly<Record<string, number>>;
    readonly atMs: number;
  }> {
    const options = { subjects_filter: chunkSubject('*') };
    const { state, ts } = await this.#manager.streams.info(BLOB_STREAM, options);
    return { counts: state.subjects ?? {}, atMs: ts === undefined ? Date.now() : Date.parse(ts) };
  }

  /** Notes that the blob was put just now. @returns false if the blob has been deleted meanwhile. */
  async #touched(info: ObjectInfo): Promise<boolean> {
    const { name, mtime, revision } = info;
    if (Date.now() - Date.parse(mtime) < TOUCH_AFTER_MS) return true;
    try {
      await this.#putEntry(blobEntry(name, info), revision);
      return true;
    } catch (err) {
      const failure = natsError(err, `blob ${name}`);
      if (failure.code !== 'ABORTED') throw failure;
      return this.has(name);
    }
  }

  async #entry(digest: string): Promise<ObjectInfo | undefined> {
    try {
      return (await patiently(() => this.#store.info(digest))) ?? undefined;
    } catch (err) {
      throw natsError(err, `blob ${digest}`);
    }
  }

  /** @param revision - of the entry that is replaced; 0: there is none. */
  async #putEntry(
    entry: Record<string, unknown> & { readonly name: string },
    revision: number,
  ): Promise<void> {
    const rollup = headers();
    rollup.set('Nats-Rollup', 'sub');
    const options = { headers: rollup, expect: { lastSubjectSequence: revision } };
    const [subject, value] = [entrySubject(entry.name), JSON.stringify(entry)];
    await this.#reserve.spend(() => this.#jetStream.publish(subject, value, options));
  }
}

/** The entry of a blob whose chunks are under `nuid`, put now. */
function blobEntry(
  digest: string,
  { nuid, size, chunks }: Pick<ObjectInfo, 'nuid' | 'size' | 'chunks'>,
) {
  return {
    name: digest,
    options: { max_chunk_size: CHUNK_BYTES },
    bucket: BLOB_BUCKET,
    nuid,
    size,
    chunks,
    digest: `SHA-256=${base64Url(digestBytes(digest))}`,
    mtime: new Date().toISOString(),
    deleted: false,
  };
}

function entrySubject(name: string): string {
  return `$O.${BLOB_BUCKET}.M.${base64Url(Buffer.from(name))}`;
}

/** Base64url with padding, as the object store writes it. */
function base64Url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
