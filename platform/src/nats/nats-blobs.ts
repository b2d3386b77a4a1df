/**
 * Bytes under their SHA-256: models, data sets, checkpoints, reports.
 *
 * They lie in a JetStream object store in its own format, so `nats object` shows them. Chunks are moved
 * here, a few at a time: the client's own put hashes in JavaScript and sends a whole blob at once, which
 * holds up the event loop, and its get never ends if a chunk is missing.
 */
import { createHash, randomUUID } from 'node:crypto';
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
import { nextMessage } from './nats-direct-get.js';
import { natsError } from './nats-errors.js';

/** Chunks under way at once, each of {@link CHUNK_BYTES}. */
const CHUNKS_UNDER_WAY = 8;

/** A blob can be replaced by an equal one while it is read; then reading begins again. */
const GET_ATTEMPTS = 3;

/** A put of what was there for longer notes the time: nothing may refer to it yet, and it must not be collected. */
const TOUCH_AFTER_MS = 60_000;

const STREAM = `OBJ_${BLOB_BUCKET}`;

export interface BlobStore {
  /** Stores bytes, unless they are there. @returns their digest, hex. */
  put(bytes: Uint8Array): Promise<string>;
  /**
   * Stores bytes as they arrive, over whatever is there under their digest: a damaged blob becomes whole. Holds a few
   * chunks in memory.
   *
   * @param chunks - of {@link CHUNK_BYTES}, the last one shorter.
   * @throws {LyceumError} INVALID_ARGUMENT if they are not `sizeBytes` bytes with that digest; nothing is stored then.
   */
  putChunks(
    blob: { readonly digest: string; readonly sizeBytes: number },
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void>;
  /**
   * @returns the bytes, which have been checked against `digest`.
   * @throws {LyceumError} NOT_FOUND if they are not there, or are damaged; UNAVAILABLE if nobody answers.
   */
  get(digest: string): Promise<Buffer>;
  /**
   * The bytes in pieces, each fetched when it is asked for: what holds one piece however long the blob is.
   *
   * @throws {LyceumError} as {@link get}; what was read before is not the blob then.
   */
  read(digest: string): AsyncIterable<Buffer>;
  has(digest: string): Promise<boolean>;
  /** Nothing happens if it is not there. */
  delete(digest: string): Promise<void>;
  list(): Promise<StoredBlob[]>;
  /** Parts of blobs whose writing goes on or was cut off. */
  uploads(): Promise<BlobUpload[]>;
  deleteUpload(id: string): Promise<void>;
}

interface StoredBlob {
  readonly digest: string;
  readonly sizeBytes: number;
  /** When it was last put, by the clock of whoever did, to within {@link TOUCH_AFTER_MS}. */
  readonly putAtMs: number;
}

interface BlobUpload {
  readonly id: string;
  readonly sizeBytes: number;
  /** Time of its last chunk. */
  readonly writtenAtMs: number;
}

export async function openBlobStore(
  connection: NatsConnection,
  { create }: { create: boolean },
): Promise<BlobStore> {
  try {
    const manager = await connection.jetstreamManager();
    // Opening a store creates it.
    if (!create) await manager.streams.info(STREAM);
    const options = { storage: StorageType.File };
    const store = await connection.jetstream().views.os(BLOB_BUCKET, options);
    return new ObjectBlobStore(connection, store, manager);
  } catch (err) {
    throw natsError(err, `blob store ${BLOB_BUCKET}`);
  }
}

class ObjectBlobStore implements BlobStore {
  readonly #connection: NatsConnection;
  readonly #store: ObjectStore;
  readonly #manager: JetStreamManager;
  readonly #jetStream: JetStreamClient;

  constructor(connection: NatsConnection, store: ObjectStore, manager: JetStreamManager) {
    this.#connection = connection;
    this.#store = store;
    this.#manager = manager;
    this.#jetStream = connection.jetstream();
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256Hex(bytes);
    const found = await this.#entry(digest);
    if (found !== undefined && !found.deleted) {
      return (await this.#touched(found)) ? digest : this.put(bytes);
    }
    const blob = { digest, sizeBytes: bytes.length };
    await this.#write(blob, found?.revision ?? 0, (id) => this.#putSlices(id, bytes));
    return digest;
  }

  async putChunks(
    blob: { readonly digest: string; readonly sizeBytes: number },
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const found = await this.#entry(blob.digest);
    const isNew = await this.#write(blob, found?.revision ?? 0, (id) =>
      this.#putArriving(id, blob, chunks),
    );
    if (isNew && found !== undefined && !found.deleted) await this.#purgeChunks(found.nuid);
  }

  /** @returns false if somebody else put the same bytes meanwhile. */
  async #write(
    { digest, sizeBytes }: { readonly digest: string; readonly sizeBytes: number },
    revision: number,
    putChunks: (id: string) => Promise<number>,
  ): Promise<boolean> {
    const id = randomUUID().replaceAll('-', '');
    let chunkCount: number;
    try {
      chunkCount = await putChunks(id);
    } catch (err) {
      await this.#purgeChunks(id);
      throw natsError(err, `blob ${digest}`);
    }
    try {
      // The entry comes last: until then there is no blob.
      const content = { nuid: id, size: sizeBytes, chunks: chunkCount };
      await this.#putEntry(blobEntry(digest, content), revision);
      return true;
    } catch (err) {
      const failure = natsError(err, `blob ${digest}`);
      // The entry may be there and only its receipt be lost: then the chunks are the blob's.
      if (failure.code !== 'ABORTED') throw failure;
      await this.#purgeChunks(id);
      return false;
    }
  }

  async get(digest: string): Promise<Buffer> {
    for (let attempt = 1; attempt <= GET_ATTEMPTS; attempt += 1) {
      const info = await this.#entry(digest);
      if (info === undefined || info.deleted)
        throw new LyceumError('NOT_FOUND', `there is no blob ${digest}`);
      const bytes = await this.#read(digest, info);
      if (bytes !== undefined) return bytes;
    }
    throw new LyceumError('NOT_FOUND', `blob ${digest} is damaged: its chunks do not add up to it`);
  }

  async *read(digest: string): AsyncGenerator<Buffer, void, undefined> {
    const info = await this.#entry(digest);
    if (info === undefined || info.deleted) {
      throw new LyceumError('NOT_FOUND', `there is no blob ${digest}`);
    }
    const { nuid, size } = info;
    const hash = createHash('sha256');
    let length = 0;
    for (let sequence = 1; length < size; ) {
      const chunk = await nextMessage(this.#connection, STREAM, chunkSubject(nuid), sequence);
      if (chunk === undefined) break;
      hash.update(chunk.data);
      length += chunk.data.length;
      sequence = chunk.sequence + 1;
      yield Buffer.from(chunk.data.buffer, chunk.data.byteOffset, chunk.data.length);
    }
    if (length === size && hash.digest('hex') === digest) return;
    const message = `blob ${digest} is damaged or was replaced: its chunks do not add up to it`;
    throw new LyceumError('NOT_FOUND', message);
  }

  async has(digest: string): Promise<boolean> {
    const info = await this.#entry(digest);
    return info !== undefined && !info.deleted;
  }

  async delete(digest: string): Promise<void> {
    if (!(await this.has(digest))) return;
    try {
      await this.#store.delete(digest);
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

  async uploads(): Promise<BlobUpload[]> {
    try {
      // Chunks first: an upload that ends meanwhile has its entry then.
      const options = { subjects_filter: chunkSubject('*') };
      const { state } = await this.#manager.streams.info(STREAM, options);
      const whole = new Set((await this.#store.list()).map(({ nuid }) => chunkSubject(nuid)));
      const uploads: BlobUpload[] = [];
      for (const [subject, chunkCount] of Object.entries(state.subjects ?? {})) {
        if (whole.has(subject)) continue;
        const last = await this.#manager.streams.getMessage(STREAM, { last_by_subj: subject });
        uploads.push({
          id: subject.slice(chunkSubject('').length),
          sizeBytes: (chunkCount - 1) * CHUNK_BYTES + last.data.length,
          writtenAtMs: last.time.getTime(),
        });
      }
      return uploads;
    } catch (err) {
      throw natsError(err, `blob store ${BLOB_BUCKET}`);
    }
  }

  async deleteUpload(id: string): Promise<void> {
    try {
      await this.#manager.streams.purge(STREAM, { filter: chunkSubject(id) });
    } catch (err) {
      throw natsError(err, `upload ${id}`);
    }
  }

  /** Notes that the blob was put just now. @returns false if it has been deleted meanwhile. */
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
      return (await this.#store.info(digest)) ?? undefined;
    } catch (err) {
      throw natsError(err, `blob ${digest}`);
    }
  }

  async #putSlices(id: string, bytes: Uint8Array): Promise<number> {
    const chunkCount = Math.ceil(bytes.length / CHUNK_BYTES);
    for (let first = 0; first < chunkCount; first += CHUNKS_UNDER_WAY) {
      const chunks: Promise<unknown>[] = [];
      for (let i = first; i < Math.min(first + CHUNKS_UNDER_WAY, chunkCount); i += 1) {
        const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
        chunks.push(this.#jetStream.publish(chunkSubject(id), chunk));
      }
      await Promise.all(chunks);
    }
    return chunkCount;
  }

  async #putArriving(
    id: string,
    { digest, sizeBytes }: { readonly digest: string; readonly sizeBytes: number },
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<number> {
    const hash = createHash('sha256');
    let length = 0;
    let chunkCount = 0;
    let underWay: Promise<unknown>[] = [];
    try {
      for await (const chunk of chunks) {
        const wanted = Math.min(CHUNK_BYTES, sizeBytes - length);
        if (chunk.length === 0 || chunk.length !== wanted) {
          const message = `blob ${digest}: want ${wanted} bytes after ${length} of ${sizeBytes}, got ${chunk.length}`;
          throw new LyceumError('INVALID_ARGUMENT', message);
        }
        hash.update(chunk);
        length += chunk.length;
        chunkCount += 1;
        const put = this.#jetStream.publish(chunkSubject(id), chunk);
        // It may fail while the next chunk is awaited; it is told below.
        put.catch(() => undefined);
        underWay.push(put);
        if (underWay.length < CHUNKS_UNDER_WAY) continue;
        await Promise.all(underWay);
        underWay = [];
      }
      await Promise.all(underWay);
    } finally {
      // What is under way when it ends would come after the purge of what came.
      await Promise.allSettled(underWay);
    }
    if (length !== sizeBytes || hash.digest('hex') !== digest) {
      const message = `blob ${digest}: the ${length} bytes that came are others, or not ${sizeBytes}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    return chunkCount;
  }

  /** What is left behind only takes room. */
  async #purgeChunks(id: string): Promise<void> {
    const options = { filter: chunkSubject(id) };
    await this.#manager.streams.purge(STREAM, options).catch(() => undefined);
  }

  /** @param revision - of the entry that it replaces; 0: there is none. */
  async #putEntry(
    entry: Record<string, unknown> & { readonly name: string },
    revision: number,
  ): Promise<void> {
    const rollup = headers();
    rollup.set('Nats-Rollup', 'sub');
    await this.#jetStream.publish(entrySubject(entry.name), JSON.stringify(entry), {
      headers: rollup,
      expect: { lastSubjectSequence: revision },
    });
  }

  /** One after the other, each asked for by itself: nothing to lose when a connection breaks. */
  async #read(
    digest: string,
    { nuid, size }: { nuid: string; size: number },
  ): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(size);
    const hash = createHash('sha256');
    let length = 0;
    for (let sequence = 1; length < size; ) {
      const chunk = await nextMessage(this.#connection, STREAM, chunkSubject(nuid), sequence);
      if (chunk === undefined) return undefined;
      hash.update(chunk.data);
      bytes.set(chunk.data.subarray(0, size - length), length);
      length += chunk.data.length;
      sequence = chunk.sequence + 1;
    }
    return length === size && hash.digest('hex') === digest ? bytes : undefined;
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

function chunkSubject(id: string): string {
  return `$O.${BLOB_BUCKET}.C.${id}`;
}

function entrySubject(name: string): string {
  return `$O.${BLOB_BUCKET}.M.${base64Url(Buffer.from(name))}`;
}

/** With padding, as the object store writes it. */
function base64Url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
