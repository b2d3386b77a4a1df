/**
 * Decodes pictures' files: of a set in shards to its grid, and those that are pushed or predicted. Equal bytes become
 * equal pixels wherever the same libraries run on the same kind of processor; the canary of a set in shards proves it
 * for a machine. So a student sees a picture in the same pixels, whichever way it comes.
 *
 * Usual JPEGs are decoded by libjpeg-turbo and resized in whole numbers, in a third of sharp's time. Sharp decodes all
 * others, and JPEGs that are far larger than the grid. The choice depends only on a picture's bytes and the grid.
 */
import type { PictureGrid } from '../datasets/index.js';
import { type ImageDecoder, type ImageOptions, openSharpDecoder } from './image-decoder.js';
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

export async function pictureDecoder(grid: PictureGrid): Promise<PictureDecoder> {
  const { channels, fit, height, width } = grid;
  const decodeAny = await openSharpDecoder({
    size: { height, width },
    fit,
    channels: channels === 1 ? 'gray' : 'rgb',
  });
  const decodeJpeg = openJpegDecoder();
  return async (bytes, out = new Uint8Array(height * width * channels)) => {
    const jpeg = plainJpeg(bytes);
    if (jpeg !== undefined && (await decodeJpeg(bytes, jpeg, grid, out))) return out;
    out.set((await decodeAny(bytes)).values);
    return out;
  };
}

/** Decodes to the size and the channels of the options; to a picture's own where they have none. */
export async function openImageDecoder(options: ImageOptions): Promise<ImageDecoder> {
  const { size, channels, fit = 'cover' } = options;
  const decodeAny = await openSharpDecoder(options);
  const decodeJpeg = openJpegDecoder();
  return async (bytes) => {
    const jpeg = plainJpeg(bytes);
    if (jpeg === undefined) return decodeAny(bytes);
    const grid: PictureGrid = {
      height: size?.height ?? jpeg.height,
      width: size?.width ?? jpeg.width,
      channels: channels === undefined ? jpeg.channels : channels === 'gray' ? 1 : 3,
      fit,
    };
    const values = new Uint8Array(grid.height * grid.width * grid.channels);
    if (!(await decodeJpeg(bytes, jpeg, grid, values))) return decodeAny(bytes);
    return { shape: [grid.height, grid.width, grid.channels], values };
  };
}

/** @returns decodes to the grid by libjpeg-turbo; false: it does not take the picture, and `out` is as it was. */
function openJpegDecoder() {
  const jpegs = JpegDecoder.open();
  const kernel = openResizeKernel();
  return async (
    bytes: Uint8Array,
    jpeg: PlainJpeg,
    grid: PictureGrid,
    out: Uint8Array,
  ): Promise<boolean> => {
    if (jpegs === undefined || !isFastFor(jpeg, grid)) return false;
    const resize = openResizer(grid, kernel);
    return jpegs.decode(bytes, jpeg, grid.channels, (pixels) => resize(pixels, jpeg, out));
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
