/**
 * Decodes images to bytes, by sharp (libvips). The content decides the format, not the name. Images are resized with a
 * triangle filter as wide as a pixel of the smaller size (sharp's kernel `linear`).
 *
 * - turned as the EXIF orientation says; converted to sRGB from CMYK and other colour spaces, by profiles
 * - 16 bits a channel become 8; transparent pixels are laid over white; padding of `contain` is black
 * - refused: damaged and truncated images, animations, more pixels than {@link IMAGE_MAX_PIXELS}, JPEGs of more
 *   scans than {@link JPEG_MAX_SCANS}, and values other than whole numbers of up to 16 bits, whose white is unknown
 *
 * Only the six formats below are read: libvips has loaders for many more, some of which run other programs.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type Sharp from 'sharp';
import type { FitEnum, Sharp as Image, Metadata } from 'sharp';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import { enlarged, isEnlarged } from './enlarge.js';
import { type JpegOutline, jpegOutline } from './jpeg-header.js';

export const IMAGE_FITS = ['cover', 'contain', 'stretch'] as const;
export type ImageFit = (typeof IMAGE_FITS)[number];

/** How images become samples of one shape. */
export interface ImageOptions {
  /** Absent: images keep their sizes, which must be equal. */
  readonly size?: { readonly height: number; readonly width: number };
  /** Absent: images keep their channels, which must be equal. */
  readonly channels?: 'gray' | 'rgb';
  /** How an image of another shape fits into `size`. Absent: `cover`, which cuts off what sticks out. */
  readonly fit?: ImageFit;
}

/** Greatest count of pixels of one image: the largest cameras make as many. A decoded pixel takes 3 bytes. */
const IMAGE_MAX_PIXELS = 100_000_000;

/**
 * Greatest count of scans of a JPEG; encoders write 10. Each costs a pass over all pixels, however few bytes it has: a
 * small file could keep a processor busy for hours.
 */
const JPEG_MAX_SCANS = 256;

/** Greatest size of one image's file. */
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
 * @throws {SampleRefusedError} if the bytes are no image that can be read.
 */
export type ImageDecoder = (bytes: Uint8Array) => Promise<DecodedImage>;

export async function openSharpDecoder(options: ImageOptions): Promise<ImageDecoder> {
  const { default: sharp } = await import('sharp');
  setUp(sharp);
  return (bytes) => decode(sharp, bytes, options);
}

/**
 * Chooses the loaders of libvips, once a process: libvips is shared by all threads, and no thread can read an image
 * during the change. Threads that start later see in their environment data that it is done.
 */
function setUp(sharp: typeof Sharp): void {
  if (getEnvironmentData(SET_UP) === true) return;
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  // No cache: each image is read only once.
  sharp.cache(false);
  setEnvironmentData(SET_UP, true);
}

async function decode(
  sharp: typeof Sharp,
  bytes: Uint8Array,
  options: ImageOptions,
): Promise<DecodedImage> {
  refuseForeign(bytes);
  const { channels, size, fit = 'cover' } = options;
  const jpeg = isJpeg(bytes) ? jpegOutline(bytes) : undefined;
  if (jpeg !== undefined) refuseScans(jpeg);
  if (channels !== undefined && jpeg !== undefined && !mayGrow(jpeg, size)) {
    const image = sharp(bytes, { failOn: 'error', limitInputPixels: IMAGE_MAX_PIXELS });
    const decoded = await pixels(image, options, channels === 'gray').catch(() => undefined);
    // A failure is explained below, by sharp.
    if (decoded !== undefined) return decoded;
  }
  // Pixels are counted below, where the error can name their number.
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
      return await pixels(image, options, gray);
    }
    // A stretched picture with a side longer than the grid's is first made smaller along that side.
    const [height, width] = [Math.min(own.height, size.height), Math.min(own.width, size.width)];
    const first = fit === 'stretch' ? { size: { height, width }, fit } : {};
    const { shape, values } = await pixels(image, first, gray);
    const grid = { ...size, fit, channels: shape[2] };
    const grown = enlarged(values, { height: shape[0], width: shape[1] }, grid);
    return { shape: [size.height, size.width, grid.channels], values: grown };
  } catch (err) {
    throw new SampleRefusedError('damaged image', `is damaged: ${libraryMessage(err)}`);
  }
}

/** Refuses files that are no pictures, with advice where the decoder's own message would not help. */
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

/** Brands of HEVC in ISO/IEC 23008-12; AVIF has brands of its own. */
const HEIC = /^.{4}ftyp(?:hei[cxms]|hev[cmsx])/s;

async function pixels(
  image: Image,
  { size, fit = 'cover' }: ImageOptions,
  gray: boolean,
): Promise<DecodedImage> {
  image.autoOrient();
  if (size !== undefined) {
    image.resize({ ...size, fit: FITS[fit], kernel: 'linear', background: '#000000' });
  }
  image.toColourspace(gray ? 'b-w' : 'srgb');
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { shape: [info.height, info.width, info.channels as 1 | 3], values: data };
}

/**
 * A JPEG has one page and no transparency. Asking for its metadata first would take a tenth longer, and is not needed.
 */
function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function refuseScans({ scans }: JpegOutline): void {
  if (scans <= JPEG_MAX_SCANS) return;
  const message = `is a JPEG of ${scans} scans; encoders write 10, and at most ${JPEG_MAX_SCANS} are read`;
  throw new SampleRefusedError('too many scans', message);
}

/** Whether the picture may have to be enlarged, whichever way it is turned. */
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
 * How many pictures a PNG has, https://www.w3.org/TR/png-3/#acTL-chunk: libvips silently takes the first of an
 * animation.
 *
 * @returns 1 if the file is no PNG.
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

/** Refuses TIFFs of instruments: floats, 32 bits, signed numbers. In 8 bits they would be all black, or all white. */
function refuseMeasurements({ depth }: Metadata): void {
  if (depth === undefined || depth === 'uchar' || depth === 'ushort') return;
  const message = `has pixels of the type ${depth}; want whole numbers of up to 16 bits`;
  throw new SampleRefusedError('no 8 or 16 bits', message);
}

function isGray({ space, channels, hasAlpha }: Metadata): boolean {
  return (space === 'b-w' || space === 'grey16') && channels - (hasAlpha ? 1 : 0) === 1;
}

/** The message of libvips, each line once. */
function libraryMessage(err: unknown): string {
  const text = err instanceof Error ? err.message : String(err);
  return text.trim().split('\n')[0] as string;
}
