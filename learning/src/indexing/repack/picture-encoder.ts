/** Encodes pictures for a repacked set: resized to its grid, and encoded again. */
import type { PictureGrid } from '../../datasets/index.js';
import { pictureDecoder } from '../../pictures/index.js';
import type { PictureFormat } from './repack-plan.js';

/** @throws {SampleRefusedError} if the bytes are no picture that can be read. */
export type PictureEncoder = (bytes: Uint8Array) => Promise<Buffer>;

/** @param quality - for JPEG and WebP, 1 to 100. */
export async function pictureEncoder(
  grid: PictureGrid,
  format: PictureFormat,
  quality: number,
): Promise<PictureEncoder> {
  const decode = await pictureDecoder(grid);
  const { default: sharp } = await import('sharp');
  const { height, width, channels } = grid;
  const options = format === 'png' ? {} : { quality };
  return async (bytes) => {
    const pixels = await decode(bytes);
    return sharp(pixels, { raw: { height, width, channels } }).toFormat(format, options).toBuffer();
  };
}
