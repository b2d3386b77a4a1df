/** Bytes whose count is known last: they go to a file in large pieces, and are read again in order. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const PIECE_BYTES = 1024 * 1024;

export class SpooledBytes {
  readonly #path: string;
  readonly #file: FileHandle;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #sizeBytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @param path - of a file that is not there yet; it is the caller's to remove. */
  static async open(path: string): Promise<SpooledBytes> {
    return new SpooledBytes(path, await open(path, 'wx'));
  }

  /** Of all that was appended. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @param bytes - which are kept for a while: leave them as they are. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#sizeBytes += bytes.length;
    if (this.#bufferedBytes >= PIECE_BYTES) await this.flush();
  }

  /** Call it before reading. */
  async flush(): Promise<void> {
    const buffered = this.#buffered;
    this.#buffered = [];
    this.#bufferedBytes = 0;
    if (buffered.length > 0) await this.#file.writeFile(Buffer.concat(buffered));
  }

  /** All bytes, from the first on. */
  chunks(): AsyncIterable<Buffer> {
    return createReadStream(this.#path, { highWaterMark: PIECE_BYTES });
  }

  /** Call it last. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}
