/** Objects in the form that readers of shards take, with a count of the bytes that were read. */
import type { Objects } from '@lyceum/platform/objects';
import type { AsyncBuffer } from 'hyparquet';
import { objectBuffer } from '../../shards/index.js';

/** One version of an object: its URL, size and ETag. */
export interface ObjectVersion {
  readonly url: string;
  readonly sizeBytes: number;
  readonly etag: string | undefined;
}

export class CountedObjects {
  readonly #objects: Objects;
  readonly #signal: AbortSignal | undefined;
  readonly #onBytes: (count: number) => void;

  constructor(objects: Objects, onBytes: (count: number) => void, signal: AbortSignal | undefined) {
    this.#objects = objects;
    this.#onBytes = onBytes;
    this.#signal = signal;
  }

  /** The whole object, if its last byte can be read alone: workers read parts, which some servers do not support. */
  async *stream(version: ObjectVersion): AsyncGenerator<Buffer, void, undefined> {
    const { url, sizeBytes, etag } = version;
    await this.read(version, Math.max(0, sizeBytes - 1));
    for await (const chunk of this.#objects.stream(url, { etag }, this.#signal)) {
      this.#onBytes(chunk.length);
      yield chunk;
    }
  }

  async read({ url, sizeBytes, etag }: ObjectVersion, start = 0, end = sizeBytes): Promise<Buffer> {
    if (start === end) return Buffer.alloc(0);
    const bytes = await this.#objects.read(url, { start, end, etag }, this.#signal);
    this.#onBytes(bytes.length);
    return bytes;
  }

  buffer(version: ObjectVersion): AsyncBuffer {
    return objectBuffer(version.sizeBytes, (start, end) => this.read(version, start, end));
  }
}
