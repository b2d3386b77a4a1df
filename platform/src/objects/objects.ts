/** The interface to objects, which sets in shards are read from and repacked to. */
export interface ObjectFacts {
  readonly sizeBytes: number;
  /**
   * The server's name for this version, with quotes; a file's is made of its size and times. Undefined: there is none.
   */
  readonly etag?: string | undefined;
}

/** Bytes of an object. */
export interface ObjectRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** ETag of the wanted version; undefined: any version. */
  readonly etag?: string | undefined;
}

export interface ListedObject extends ObjectFacts {
  readonly url: string;
  /** Why it cannot be read, in words that follow its name in a sentence; undefined: no reason is known. */
  readonly unreadable?: string | undefined;
}

/**
 * Objects at URLs: `s3://BUCKET/KEY` (the key with nothing escaped), `https://…`, `http://…`, else a path below the
 * datasets root. Calls that fail because a server is away, slow or overloaded are tried again, with growing delays; a
 * read continues where it broke off.
 *
 * All throw {@link LyceumError}s that name the URL: UNAVAILABLE if the server is away, slow or overloaded at each try;
 * PERMISSION_DENIED; NOT_FOUND; `ObjectChangedError` (FAILED_PRECONDITION) if the object has another version than was
 * asked for, or is shorter than the range; INVALID_ARGUMENT for a text that is no URL, and for what the place does not
 * offer; CANCELLED.
 */
export interface Objects {
  facts(url: string, signal?: AbortSignal): Promise<ObjectFacts>;
  read(url: string, range: ObjectRange, signal?: AbortSignal): Promise<Buffer>;
  /**
   * @param range - default: the whole object. Without an ETag all bytes are of the version that the first ones are of.
   */
  stream(url: string, range?: Partial<ObjectRange>, signal?: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Objects whose URL begins with `prefix`, in the order of their URLs' bytes. For files `prefix` is a folder. HTTP
   * has no lists.
   */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject>;
  /**
   * Replaces the object once all is written; until then, and after a failure, it is unchanged. Not offered by HTTP.
   */
  write(url: string, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ObjectFacts>;
  /** Ends all connections; calls under way are cancelled. */
  close(): Promise<void>;
}
