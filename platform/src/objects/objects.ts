/** What sets in shards are read from, and repacked to. */
export interface ObjectFacts {
  readonly sizeBytes: number;
  /** As the server names this version, quotes included; of a file, of its size and times. Undefined: the server names none. */
  readonly etag?: string | undefined;
}

/** Bytes of an object. */
export interface ObjectRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** ETag of the version that is wanted; undefined: any version. */
  readonly etag?: string | undefined;
}

export interface ListedObject extends ObjectFacts {
  readonly url: string;
  /** Why it cannot be read, in words that follow its name in a sentence; undefined: as far as is known it can. */
  readonly unreadable?: string | undefined;
}

/**
 * Objects at URLs: `s3://BUCKET/KEY` (the key as it is, nothing escaped), `https://…`, `http://…`, else a path below the
 * datasets root. What a server away, slow or overloaded fails is tried again, with growing delays; a read goes on where it
 * broke off.
 *
 * All throw {@link LyceumError}s that name the URL: UNAVAILABLE if the server is away, slow or overloaded however often it was
 * tried; PERMISSION_DENIED; NOT_FOUND; `ObjectChangedError` (FAILED_PRECONDITION) for another version than was asked for, or
 * an object that is shorter than the range; INVALID_ARGUMENT for what is no URL, and what cannot be done there; CANCELLED.
 */
export interface Objects {
  facts(url: string, signal?: AbortSignal): Promise<ObjectFacts>;
  read(url: string, range: ObjectRange, signal?: AbortSignal): Promise<Buffer>;
  /** @param range - default: all of the object. Without an ETag all bytes are of the version that the first are of. */
  stream(url: string, range?: Partial<ObjectRange>, signal?: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Objects whose URL begins with this, in the order of their URLs' bytes. Of files: those below a folder. Not of HTTP,
   * which has no lists.
   */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject>;
  /** Replaces what is there once all is written; until then, and after a failure, nothing is changed. Not of HTTP. */
  write(url: string, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ObjectFacts>;
  /** Ends all connections; what is under way is cancelled. */
  close(): Promise<void>;
}
