/**
 * JPEGs to pixels by libjpeg-turbo, on libuv's threads. What the library only warns of is an error here: pixels that
 * it guessed are no pixels of the file.
 */
import { createRequire } from 'node:module';
import type { PlainJpeg } from './jpeg-header.js';

type Library = typeof import('@julusian/jpeg-turbo');

/** Memory that is kept for the next picture. Allocating it anew takes a tenth of the decoding's time. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** Errors of this process, not of the file: at another time the file would decode. */
const OWN_FAULT = /memory|buffer|allocat/i;

const require = createRequire(import.meta.url);

export class JpegDecoder {
  /** Version of the decoder's npm package. */
  readonly version: string;
  readonly #library: Library;
  /** One buffer for each call at the same time. */
  readonly #buffers: Buffer[] = [];

  /** @returns undefined if the library cannot be loaded: its package has binaries for usual platforms only. */
  static open(): JpegDecoder | undefined {
    try {
      return new JpegDecoder(require('@julusian/jpeg-turbo'));
    } catch {
      return undefined;
    }
  }

  private constructor(library: Library) {
    this.#library = library;
    this.version = require('@julusian/jpeg-turbo/package.json').version;
  }

  /**
   * @param channels - of the result; a gray picture in 3 channels has three equal ones.
   * @param use - is lent [height, width, channels].
   * @returns whether the picture was decoded; if not, `use` was not called.
   */
  async decode(
    bytes: Uint8Array,
    { width, height }: PlainJpeg,
    channels: 1 | 3,
    use: (pixels: Uint8Array) => void,
  ): Promise<boolean> {
    const { FORMAT_GRAY, FORMAT_RGB, decompress } = this.#library;
    const length = width * height * channels;
    const kept = this.#buffers.pop();
    const buffer =
      kept !== undefined && kept.length >= length ? kept : Buffer.allocUnsafeSlow(length);
    try {
      await decompress(bytes as Buffer, buffer, {
        format: channels === 1 ? FORMAT_GRAY : FORMAT_RGB,
      });
      use(buffer.subarray(0, length));
      return true;
    } catch (err) {
      if (OWN_FAULT.test(String(err))) throw err;
      return false;
    } finally {
      if (buffer.length <= KEPT_BYTES) this.#buffers.push(buffer);
    }
  }
}
