/** What a reader makes of a stream's bytes. The stream is released at the end, whoever ends the reading. */
export async function* readBytes<T>(
  chunks: AsyncIterable<Buffer>,
  read: (queue: ByteQueue) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const queue = new ByteQueue(chunks);
  try {
    yield* read(queue);
  } finally {
    await queue.close();
  }
}

/** Bytes of a stream, taken in pieces of any size. */
export class ByteQueue {
  /** Position of the next byte in the stream. */
  position = 0;
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns fewer bytes at the stream's end; may be a view into a chunk of the stream. */
  async take(count: number): Promise<Buffer> {
    if (this.#chunk.length >= count) return this.#cut(count);
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0 && (await this.#more())) {
      const part = this.#cut(Math.min(missing, this.#chunk.length));
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** @returns how many bytes were skipped. */
  async skip(count: number): Promise<number> {
    let missing = count;
    while (missing > 0 && (await this.#more())) {
      missing -= this.#cut(Math.min(missing, this.#chunk.length)).length;
    }
    return count - missing;
  }

  /** The rest, chunk by chunk. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    while (await this.#more()) yield this.#cut(this.#chunk.length);
  }

  /** Releases the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #cut(count: number): Buffer {
    const cut = this.#chunk.subarray(0, count);
    this.#chunk = this.#chunk.subarray(count);
    this.position += count;
    return cut;
  }

  async #more(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done === true) return false;
      this.#chunk = value;
    }
    return true;
  }
}
