/** The interface of a store of blobs: models, data sets, checkpoints, reports, each under its SHA-256. */

/**
 * Putting a blob that is older than this renews its time: nothing may refer to it yet, and it must not be collected.
 */
export const TOUCH_AFTER_MS = 60_000;

/** What is known of a blob before its bytes have come. */
export interface BlobOutline {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface BlobStore {
  /** Stores bytes, unless they are there. @returns their digest, hex. */
  put(bytes: Uint8Array): Promise<string>;
  /**
   * Stores bytes as they arrive, and replaces what is there under their digest: so a damaged blob becomes whole. Holds
   * a few chunks in memory.
   *
   * @param chunks - each of {@link CHUNK_BYTES}, the last one shorter.
   * @throws {LyceumError} INVALID_ARGUMENT if the bytes have another size or digest; nothing is stored then.
   */
  putChunks(
    blob: BlobOutline,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void>;
  /**
   * @returns the bytes, which have been checked against `digest`.
   * @throws {LyceumError} NOT_FOUND if the blob is missing or damaged; UNAVAILABLE if NATS does not answer.
   */
  get(digest: string): Promise<Buffer>;
  /**
   * The bytes in pieces, each fetched when it is asked for: memory holds one piece, however long the blob is.
   *
   * @throws {LyceumError} as {@link get}; the pieces read before are then not to be trusted.
   */
  read(digest: string): AsyncIterable<Buffer>;
  has(digest: string): Promise<boolean>;
  /** Does nothing if the blob is not there. */
  delete(digest: string): Promise<void>;
  list(): Promise<StoredBlob[]>;
  /** Which of these blobs are missing, or lack chunks. Deleted ones, which leave a mark, do not count. */
  lost(digests: readonly string[]): Promise<string[]>;
  /** Parts of blobs whose writing was cut off, or goes on in another program. */
  uploads(): Promise<BlobUpload[]>;
  deleteUpload(id: string): Promise<void>;
}

export interface StoredBlob extends BlobOutline {
  /** When the blob was last put, by the writer's clock, to within {@link TOUCH_AFTER_MS}. */
  readonly putAtMs: number;
}

export interface BlobUpload {
  readonly id: string;
  readonly sizeBytes: number;
  /** Time since its last chunk, by NATS's own clock: the coordinator's clock may be hours off. */
  readonly idleMs: number;
}
