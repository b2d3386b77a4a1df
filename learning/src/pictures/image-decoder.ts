/**
 * Images to bytes of one kind, by sharp (libvips). What an image is, its content says, not its name.
 *
 * - turned as its EXIF orientation says; in sRGB, from CMYK and other colour spaces by their profiles
 * - 16 bits a channel become 8; what is transparent is laid over white; padding of `contain` is black
 * - refused: damaged and truncated images, animations, more pixels than {@link IMAGE_MAX_PIXELS}, JPEGs of more scans than
 *   {@link JPEG_MAX_SCANS}, other numbers than whole ones of up to 16 bits: nobody says which is white
 *
 * Only the six formats below are read: libvips has loaders for many more, some of which run other programs.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type Sharp from 'sharp';
import type { FitEnum, Sharp as Image, KernelEnum, Metadata } from 'sharp';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import { enlarged, isEnlarged } from './enlarge.js';
import { type JpegOutline, jpegOutline } from './jpeg-header.js';

export const IMAGE_FITS = ['cover', 'contain', 'stretch'] as const;
export type ImageFit = (typeof IMAGE_FITS)[number];

/** How images become samples of one shape. */
export interface ImageOptions {
  /** Absent: images keep their sizes, which must then be equal. */
  readonly size?: { readonly height: number; readonly width: number };
  /** Absent: images keep theirs, which must then be equal. */
  readonly channels?: 'gray' | 'rgb';
  /** How an image of another shape fits into `size`; `cover`, which cuts off what stands out, if absent. */
  readonly fit?: ImageFit;
}

/** How pixels between those of an image are computed. `lanczos3` is the sharpest, `linear` the fastest. */
type Kernel = Extract<keyof KernelEnum, 'lanczos3' | 'linear'>;

/** Pixels of one image: as many as the largest cameras make. Decoded, a pixel takes 3 bytes. */
const IMAGE_MAX_PIXELS = 100_000_000;

/**
 * Scans of a JPEG, of which encoders write 10. Each costs a pass over all pixels, however few bytes it has: a small file could
 * keep a processor for hours.
 */
const JPEG_MAX_SCANS = 256;

/** Size of one image's file. */
export const IMAGE_FILE_MAX_BYTES = 128 * 1024 * 1024;

const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((f) => `VipsForeignLoad${f}`);
const SET_UP = 'lyceum: loaders of images are set';
const FITS: Readonly<Record<ImageFit, keyof FitEnum>> = {
  cover: 'cover',
  contain: 'contain',
  stretch: 'fill',
};

interface DecodedImage {
  /** [height, width, channels], 1 channel or 3. */
  readonly shape: readonly [number, number, 1 | 3];
  /** [...shape], row-major. */
  readonly values: Uint8Array;
}

/**
 * @param bytes - an image's file.
 * @throws {SampleRefusedError} if it is no image that is read.
 */
export type ImageDecoder = (bytes: Uint8Array) => Promise<DecodedImage>;

export async function openImageDecoder(
  options: ImageOptions,
  kernel: Kernel = 'lanczos3',
): Promise<ImageDecoder> {
  const { default: sharp } = await import('sharp');
  setUp(sharp);
  return (bytes) => decode(sharp, bytes, options, kernel);
}

/**
 * Sets the loaders, once a process: libvips belongs to all threads, and none can read an image while they are set. A
 * thread that is started later learns from its environment data that they are.
 */
function setUp(sharp: typeof Sharp): void {
  if (getEnvironmentData(SET_UP) === true) return;
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  // Each image is read once.
  sharp.cache(false);
  setEnvironmentData(SET_UP, true);
}

async function decode(
  sharp: typeof Sharp,
  bytes: Uint8Array,
  options: ImageOptions,
  kernel: Kernel,
): Promise<DecodedImage> {
  refuseForeign(bytes);
  const { channels, size, fit = 'cover' } = options;
  const jpeg = isJpeg(bytes) ? jpegOutline(bytes) : undefined;
  if (jpeg !== undefined) refuseScans(jpeg);
  if (channels !== undefined && jpeg !== undefined && !mayGrow(jpeg, size)) {
    const image = sharp(bytes, { failOn: 'error', limitInputPixels: IMAGE_MAX_PIXELS });
    const decoded = await pixels(image, options, kernel, channels === 'gray').catch(
      () => undefined,
    );
    // What is wrong with it is found below.
    if (decoded !== undefined) return decoded;
  }
  // The pixels are counted below, where the numbers are at hand.
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false });
  let metadata: Metadata;
  try {
    metadata = await image.metadata();
  } catch (err) {
    const message = `cannot be read as JPEG, PNG, WebP, GIF, TIFF or AVIF: ${libraryMessage(err)}`;
    throw new SampleRefusedError('unreadable image', message);
  }
  refuseGiants({ ...metadata, pages: metadata.pages ?? pngFrames(bytes) });
  refuseMeasurements(metadata);
  if (metadata.hasAlpha) image.flatten({ background: '#ffffff' });
  const gray = channels === undefined ? isGray(metadata) : channels === 'gray';
  try {
    const { autoOrient: own } = metadata;
    if (size === undefined || !isEnlarged(own, size, fit)) {
      return await pixels(image, options, kernel, gray);
    }
    // A side that is longer than the grid's, of a picture that is stretched, shrinks first.
    const [height, width] = [Math.min(own.height, size.height), Math.min(own.width, size.width)];
    const first = fit === 'stretch' ? { size: { height, width }, fit } : {};
    const { shape, values } = await pixels(image, first, kernel, gray);
    const grid = { ...size, fit, channels: shape[2] };
    const grown = enlarged(values, { height: shape[0], width: shape[1] }, grid);
    return { shape: [size.height, size.width, grid.channels], values: grown };
  } catch (err) {
    throw new SampleRefusedError('damaged image', `is damaged: ${libraryMessage(err)}`);
  }
}

/** What is at hand in place of a picture, and what its decoder would say nothing of use of. */
function refuseForeign(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new SampleRefusedError('empty file');
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString(
    'latin1',
  );
  if (start.startsWith('version https://git-lfs')) {
    const message = 'is a pointer of Git LFS; git lfs pull fetches the file';
    throw new SampleRefusedError('not fetched', message);
  }
  if (HEIC.test(start)) {
    const message =
      'is HEIC, as phones write, which is not decoded here; want JPEG: heif-convert OLD.heic NEW.jpg';
    throw new SampleRefusedError('HEIC', message);
  }
}

/** The brands of HEVC in ISO/IEC 23008-12, where AVIF has its own. */
const HEIC = /^.{4}ftyp(?:hei[cxms]|hev[cmsx])/s;

async function pixels(
  image: Image,
  { size, fit = 'cover' }: ImageOptions,
  kernel: Kernel,
  gray: boolean,
): Promise<DecodedImage> {
  image.autoOrient();
  if (size !== undefined) {
    image.resize({ ...size, fit: FITS[fit], kernel, background: '#000000' });
  }
  image.toColourspace(gray ? 'b-w' : 'srgb');
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { shape: [info.height, info.width, info.channels as 1 | 3], values: data };
}

/** It has one page and no transparency: nothing about it need be known before it is decoded, which takes a tenth longer. */
function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function refuseScans({ scans }: JpegOutline): void {
  if (scans <= JPEG_MAX_SCANS) return;
  const message = `is a JPEG of ${scans} scans; encoders write 10, and at most ${JPEG_MAX_SCANS} are read`;
  throw new SampleRefusedError('too many scans', message);
}

/** Whichever way it is turned. */
function mayGrow({ width, height }: JpegOutline, size: ImageOptions['size']): boolean {
  return size !== undefined && Math.min(width, height) < Math.max(size.width, size.height);
}

function refuseGiants({ width, height, pages = 1 }: Metadata): void {
  if (pages > 1) {
    const message = `has ${pages} pages: an animation or a document, no single image`;
    throw new SampleRefusedError('more than one page', message);
  }
  if (!(width * height <= IMAGE_MAX_PIXELS)) {
    const message = `is ${width} pixels wide and ${height} high; at most ${IMAGE_MAX_PIXELS} pixels are read`;
    throw new SampleRefusedError('too many pixels', message);
  }
}

/**
 * Pictures of a PNG, https://www.w3.org/TR/png-3/#acTL-chunk: of an animation libvips takes the first, and says nothing.
 *
 * @returns 1 for what is no PNG.
 */
function pngFrames(bytes: Uint8Array): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.toString('latin1', 1, 4) !== 'PNG') return 1;
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'acTL') return file.readUInt32BE(at + 8);
    if (type === 'IDAT') break;
  }
  return 1;
}

/** TIFFs of instruments: floats, 32 bits, with signs. Cut to 8 bits they would be black, or white. */
function refuseMeasurements({ depth }: Metadata): void {
  if (depth === undefined || depth === 'uchar' || depth === 'ushort') return;
  const message = `has pixels of the type ${depth}; want whole numbers of up to 16 bits`;
  throw new SampleRefusedError('no 8 or 16 bits', message);
}

function isGray({ space, channels, hasAlpha }: Metadata): boolean {
  return (space === 'b-w' || space === 'grey16') && channels - (hasAlpha ? 1 : 0) === 1;
}

/** libvips repeats itself, a line a time. */
function libraryMessage(err: unknown): string {
  const text = err instanceof Error ? err.message : String(err);
  return text.trim().split('\n')[0] as string;
}
