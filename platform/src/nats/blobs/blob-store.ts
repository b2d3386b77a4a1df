/** What a store of blobs does: models, data sets, checkpoints, reports, each under its SHA-256. */

/** A put of what was there for longer notes the time: nothing may refer to it yet, and it must not be collected. */
export const TOUCH_AFTER_MS = 60_000;

/** What a blob is, before its bytes have come. */
export interface BlobOutline {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

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
    blob: BlobOutline,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
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
  /** Those of these blobs that are missing, or lack chunks. Deleted ones have left a mark, and do not count. */
  lost(digests: readonly string[]): Promise<string[]>;
  /** Parts of blobs whose writing was cut off, or goes on in another program. */
  uploads(): Promise<BlobUpload[]>;
  deleteUpload(id: string): Promise<void>;
}

export interface StoredBlob extends BlobOutline {
  /** When it was last put, by the writer's clock, to within {@link TOUCH_AFTER_MS}. */
  readonly putAtMs: number;
}

export interface BlobUpload {
  readonly id: string;
  readonly sizeBytes: number;
  /** Since its last chunk, by NATS's own clock: the coordinator's may be hours off. */
  readonly idleMs: number;
}
