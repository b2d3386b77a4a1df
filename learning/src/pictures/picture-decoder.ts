/**
 * Pictures of a set in shards to its grid. Equal bytes become equal pixels wherever the same libvips runs on the same
 * kind of processor; a set's canary proves it of a machine.
 */
import type { PictureGrid } from '../datasets/index.js';
import { openImageDecoder } from './image-decoder.js';

/** Rises when the same picture would become other pixels. */
const PIXELS_VERSION = 1;

/**
 * @param bytes - a picture's file.
 * @returns [height, width, channels] of the grid, row-major.
 * @throws {SampleRefusedError} if it is no picture that is read.
 */
export type PictureDecoder = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Resizes with a triangle as wide as a pixel of the grid (sharp's kernel `linear`). */
export async function pictureDecoder({
  channels,
  fit,
  ...size
}: PictureGrid): Promise<PictureDecoder> {
  const options = { size, fit, channels: channels === 1 ? 'gray' : 'rgb' } as const;
  const decode = await openImageDecoder(options, 'linear');
  return async (bytes) => (await decode(bytes)).values;
}

/** What decodes here, for people: if two machines' pixels differ, so may this. */
export async function decoderVersion(): Promise<string> {
  const { default: sharp } = await import('sharp');
  return `lyceum-pictures/${PIXELS_VERSION} libvips/${sharp.versions.vips}`;
}
