/**
 * Decodes pictures of a set in shards to its grid. Equal bytes become equal pixels wherever the same libraries run on
 * the same kind of processor; the set's canary proves it for a machine.
 *
 * Usual JPEGs are decoded by libjpeg-turbo and resized in whole numbers, in a third of sharp's time. Sharp decodes all
 * others, and JPEGs that are far larger than the grid. The choice depends only on a picture's bytes and the grid.
 */
import type { PictureGrid } from '../datasets/index.js';
import { openImageDecoder } from './image-decoder.js';
import { JpegDecoder } from './jpeg-decoder.js';
import { type PlainJpeg, plainJpeg } from './jpeg-header.js';
import { openResizeKernel, openResizer } from './resizer.js';

/** Rises when the same picture gives other pixels. */
const PIXELS_VERSION = 3;

/**
 * From this many picture pixels for one of the grid, sharp is faster: it decodes large JPEGs at a part of their size.
 */
const SHRINK_MAX = 24;
/** The same along one side: with more pixels their weights would be too coarse. */
const SIDE_SHRINK_MAX = 8;
/** Greatest count of pixels: decoded they take 3 bytes each, twice. */
const FAST_MAX_PIXELS = 16_000_000;

/**
 * @param bytes - a picture's file.
 * @param out - where the pixels go; a new array if absent.
 * @returns [height, width, channels] of the grid, row-major.
 * @throws {SampleRefusedError} if the bytes are no picture that can be read.
 */
export type PictureDecoder = (bytes: Uint8Array, out?: Uint8Array) => Promise<Uint8Array>;

/** Resizes with a triangle filter as wide as a pixel of the grid (sharp's kernel `linear`). */
export async function pictureDecoder(grid: PictureGrid): Promise<PictureDecoder> {
  const { channels, fit, height, width } = grid;
  const options = {
    size: { height, width },
    fit,
    channels: channels === 1 ? 'gray' : 'rgb',
  } as const;
  const decodeAny = await openImageDecoder(options, 'linear');
  const jpegs = JpegDecoder.open();
  const resize = openResizer(grid, openResizeKernel());
  return async (bytes, out = new Uint8Array(height * width * channels)) => {
    const jpeg = plainJpeg(bytes);
    if (jpeg !== undefined && jpegs !== undefined && isFastFor(jpeg, grid)) {
      const use = (pixels: Uint8Array) => resize(pixels, jpeg, out);
      if (await jpegs.decode(bytes, jpeg, channels, use)) return out;
    }
    out.set((await decodeAny(bytes)).values);
    return out;
  };
}

/** Sharp turns colours into gray, for JPEGs as for all other pictures. */
function isFastFor({ width, height, channels }: PlainJpeg, grid: PictureGrid): boolean {
  const pixels = width * height;
  return (
    channels <= grid.channels &&
    pixels <= Math.min(FAST_MAX_PIXELS, SHRINK_MAX * grid.width * grid.height) &&
    width <= SIDE_SHRINK_MAX * grid.width &&
    height <= SIDE_SHRINK_MAX * grid.height
  );
}

/** The decoders' versions, for people: if two machines give different pixels, these may differ too. */
export async function decoderVersion(): Promise<string> {
  const { default: sharp } = await import('sharp');
  const jpegs = JpegDecoder.open()?.version ?? 'none';
  return `lyceum-pictures/${PIXELS_VERSION} jpeg-turbo/${jpegs} libvips/${sharp.versions.vips}`;
}
