/**
 * Pictures of a set in shards to its grid. Equal bytes become equal pixels wherever the same libraries run on the same kind
 * of processor; a set's canary proves it of a machine.
 *
 * Usual JPEGs are decoded by libjpeg-turbo and resized in whole numbers, in a third of the time that sharp takes. All
 * others go to sharp, and so do those that are far larger than the grid. Which way a picture takes, its bytes and the grid
 * say.
 */
import type { PictureGrid } from '../datasets/index.js';
import { openImageDecoder } from './image-decoder.js';
import { JpegDecoder } from './jpeg-decoder.js';
import { type PlainJpeg, plainJpeg } from './jpeg-header.js';
import { openResizeKernel, openResizer } from './resizer.js';

/** Rises when the same picture would become other pixels. */
const PIXELS_VERSION = 3;

/** Pixels of a picture for one of the grid, from which on sharp is faster: it decodes such at a part of their size. */
const SHRINK_MAX = 24;
/** The same along one side: weights of more pixels would be too coarse. */
const SIDE_SHRINK_MAX = 8;
/** Decoded it takes 3 bytes a pixel, twice. */
const FAST_MAX_PIXELS = 16_000_000;

/**
 * @param bytes - a picture's file.
 * @param out - where the pixels go; a new array if absent.
 * @returns [height, width, channels] of the grid, row-major.
 * @throws {SampleRefusedError} if it is no picture that is read.
 */
export type PictureDecoder = (bytes: Uint8Array, out?: Uint8Array) => Promise<Uint8Array>;

/** Resizes with a triangle as wide as a pixel of the grid (sharp's kernel `linear`). */
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

/** What gray becomes of colours is left to sharp, for JPEGs as for all others. */
function isFastFor({ width, height, channels }: PlainJpeg, grid: PictureGrid): boolean {
  const pixels = width * height;
  return (
    channels <= grid.channels &&
    pixels <= Math.min(FAST_MAX_PIXELS, SHRINK_MAX * grid.width * grid.height) &&
    width <= SIDE_SHRINK_MAX * grid.width &&
    height <= SIDE_SHRINK_MAX * grid.height
  );
}

/** What decodes here, for people: if two machines' pixels differ, so may this. */
export async function decoderVersion(): Promise<string> {
  const { default: sharp } = await import('sharp');
  const jpegs = JpegDecoder.open()?.version ?? 'none';
  return `lyceum-pictures/${PIXELS_VERSION} jpeg-turbo/${jpegs} libvips/${sharp.versions.vips}`;
}
