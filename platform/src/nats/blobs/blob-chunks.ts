/**
 * Moves the chunks of blobs, a few at a time. The NATS client's own `put` hashes in JavaScript and sends a whole blob
 * at once, which holds up the event loop, and its `get` never ends if a chunk is missing.
 */
import { createHash } from 'node:crypto';
import { BLOB_BUCKET, CHUNK_BYTES, LyceumError } from '@lyceum/proto';
import type { JetStreamClient, JetStreamManager, NatsConnection } from 'nats';
import { nextMessage, type Reserve } from '../jetstream/index.js';
import type { BlobOutline } from './blob-store.js';

/** Chunks under way at once, each of {@link CHUNK_BYTES}. */
const CHUNKS_UNDER_WAY = 8;

/** Where the object store keeps entries and chunks. */
export const BLOB_STREAM = `OBJ_${BLOB_BUCKET}`;

/** Where a blob's chunks are, and their size together. */
interface Placed {
  readonly nuid: string;
  readonly size: number;
}

export class BlobChunks {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #jetStream: JetStreamClient;
  readonly #reserve: Reserve;

  constructor(connection: NatsConnection, manager: JetStreamManager, reserve: Reserve) {
    this.#connection = connection;
    this.#manager = manager;
    this.#jetStream = connection.jetstream();
    this.#reserve = reserve;
  }

  /** @returns how many chunks were written. */
  async putSlices(id: string, bytes: Uint8Array): Promise<number> {
    const chunkCount = Math.ceil(bytes.length / CHUNK_BYTES);
    for (let first = 0; first < chunkCount; first += CHUNKS_UNDER_WAY) {
      const chunks: Promise<unknown>[] = [];
      for (let i = first; i < Math.min(first + CHUNKS_UNDER_WAY, chunkCount); i += 1) {
        const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
        chunks.push(this.#jetStream.publish(chunkSubject(id), chunk));
      }
      await Promise.all(chunks);
      this.#reserve.assertKept();
    }
    return chunkCount;
  }

  /**
   * @returns how many chunks were written.
   * @throws {LyceumError} INVALID_ARGUMENT if the bytes are not of this size and digest.
   */
  async putArriving(
    id: string,
    { digest, sizeBytes }: BlobOutline,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
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
        // The put may fail while the next chunk is awaited; the await below throws that error.
        put.catch(() => undefined);
        underWay.push(put);
        if (underWay.length < CHUNKS_UNDER_WAY) continue;
        await Promise.all(underWay);
        this.#reserve.assertKept();
        underWay = [];
      }
      await Promise.all(underWay);
    } finally {
      // Puts still under way would otherwise arrive after the purge of what came.
      await Promise.allSettled(underWay);
    }
    if (length !== sizeBytes || hash.digest('hex') !== digest) {
      const message = `blob ${digest}: the ${length} bytes that came are others, or not ${sizeBytes}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    return chunkCount;
  }

  /**
   * The bytes in pieces, one after the other, each by a request of its own: no subscription breaks with the
   * connection.
   *
   * @throws {LyceumError} NOT_FOUND, at the end, if the bytes do not have this digest.
   */
  async *read(digest: string, placed: Placed): AsyncGenerator<Buffer, void, undefined> {
    const { nuid, size } = placed;
    const hash = createHash('sha256');
    let length = 0;
    for (let sequence = 1; length < size; ) {
      const chunk = await nextMessage(this.#connection, BLOB_STREAM, chunkSubject(nuid), sequence);
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

  /** All pieces at once. @returns undefined if they do not have this digest. */
  async readWhole(digest: string, { nuid, size }: Placed): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(size);
    const hash = createHash('sha256');
    let length = 0;
    for (let sequence = 1; length < size; ) {
      const chunk = await nextMessage(this.#connection, BLOB_STREAM, chunkSubject(nuid), sequence);
      if (chunk === undefined) return undefined;
      hash.update(chunk.data);
      bytes.set(chunk.data.subarray(0, size - length), length);
      length += chunk.data.length;
      sequence = chunk.sequence + 1;
    }
    return length === size && hash.digest('hex') === digest ? bytes : undefined;
  }

  /** Never throws: chunks that stay only take room. */
  async purge(id: string): Promise<void> {
    const options = { filter: chunkSubject(id) };
    await this.#manager.streams.purge(BLOB_STREAM, options).catch(() => undefined);
  }
}

/** @param id - of an upload; `*`: all. */
export function chunkSubject(id: string): string {
  return `$O.${BLOB_BUCKET}.C.${id}`;
}
