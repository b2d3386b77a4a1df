/**
 * Blobs on their way to users. A piece is fetched from the store when the caller has taken the piece before. So a
 * caller that takes nothing costs a few pieces of memory, however long the blob is.
 */
import type { BlobStore } from '@lyceum/platform/nats';
import { DOWNLOAD_MAX_COUNT, LyceumError } from '@lyceum/proto';

/** A caller that has taken nothing for so long loses its place to others. */
export const DOWNLOAD_STALL_MS = 60_000;

export class Downloads {
  readonly #blobs: Pick<BlobStore, 'read'>;
  #openCount = 0;

  constructor(blobs: Pick<BlobStore, 'read'>) {
    this.#blobs = blobs;
  }

  /**
   * The blob in pieces; at least one.
   *
   * @throws {LyceumError} NOT_FOUND; RESOURCE_EXHAUSTED while too many others are under way.
   */
  async *chunks(digest: string): AsyncGenerator<{ chunk: Buffer }, void, undefined> {
    if (this.#openCount >= DOWNLOAD_MAX_COUNT) {
      const message = `${DOWNLOAD_MAX_COUNT} downloads are under way; try again in a minute`;
      throw new LyceumError('RESOURCE_EXHAUSTED', message);
    }
    this.#openCount++;
    try {
      let isEmpty = true;
      for await (const chunk of this.#blobs.read(digest)) {
        isEmpty = false;
        yield { chunk };
      }
      if (isEmpty) yield { chunk: Buffer.alloc(0) };
    } finally {
      this.#openCount--;
    }
  }
}
