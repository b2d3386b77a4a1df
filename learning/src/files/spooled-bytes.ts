/**
 * Bytes whose count is not known beforehand: they are written to a file in large pieces, and read again in any order.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';

const PIECE_BYTES = 1024 * 1024;

/** From `start` on, before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export class SpooledBytes {
  readonly #file: FileHandle;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #sizeBytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param path - of a file that does not exist yet. The caller removes it. */
  static async open(path: string): Promise<SpooledBytes> {
    return new SpooledBytes(await open(path, 'wx+'));
  }

  /** Size of all that was appended. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @param bytes - kept for a while: do not change them afterwards. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#sizeBytes += bytes.length;
    if (this.#bufferedBytes >= PIECE_BYTES) await this.flush();
  }

  /** Must be called before others read the file. */
  async flush(): Promise<void> {
    const buffered = this.#buffered;
    this.#buffered = [];
    this.#bufferedBytes = 0;
    if (buffered.length > 0) await this.#file.writeFile(Buffer.concat(buffered));
  }

  /** The bytes of the spans, one after another, in pieces. */
  async *read(spans: Iterable<Span>): AsyncGenerator<Buffer, void, undefined> {
    await this.flush();
    let piece: Span[] = [];
    let pieceBytes = 0;
    for (const { start, end } of spans) {
      const last = piece.at(-1);
      // Neighbouring spans are read together.
      if (last?.end === start) piece[piece.length - 1] = { start: last.start, end };
      else piece.push({ start, end });
      pieceBytes += end - start;
      if (pieceBytes < PIECE_BYTES) continue;
      yield await this.#piece(piece, pieceBytes);
      piece = [];
      pieceBytes = 0;
    }
    if (pieceBytes > 0) yield await this.#piece(piece, pieceBytes);
  }

  /** Must be the last call. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #piece(spans: readonly Span[], sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(sizeBytes);
    let at = 0;
    for (const { start, end } of spans) {
      const { bytesRead } = await this.#file.read(bytes, at, end - start, start);
      if (bytesRead !== end - start) {
        throw new LyceumError(
          'INTERNAL',
          `bytes ${start} to ${end} of ${this.#sizeBytes} are gone`,
        );
      }
      at += bytesRead;
    }
    return bytes;
  }
}
