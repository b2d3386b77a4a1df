/**
 * Reads a JPEG's header (ITU-T T.81, annex B), and decides whether the fast decoder may take the file. The decision
 * depends on the file's bytes alone, so every worker decodes a picture in the same way.
 *
 * Taken: gray or three channels of 8 bits, Huffman-coded, baseline to progressive. Not taken: pictures that must be
 * turned, colour spaces other than sRGB, and everything unusual. Such a file need not be damaged; sharp reads it.
 */

export interface PlainJpeg {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

const MARKER = 0xff;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const APP1 = 0xe1;
const APP2 = 0xe2;
/**
 * Baseline, extended and progressive frames, all with Huffman coding. Other frames are rare, and hardly any reader
 * takes them.
 */
const PLAIN_FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** Frames. C4 (tables), C8 (extensions) and CC (arithmetic coding) are none. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** RST0 to RST7, TEM and stuffed zeros have no length. None of them belongs in a header. */
const hasLength = (marker: number): boolean =>
  marker > 0x01 && marker !== SOI && marker !== EOI && !(marker >= 0xd0 && marker <= 0xd7);

const EXIF = 'Exif\0\0';
const PROFILE = 'ICC_PROFILE\0';
const ORIENTATION_TAG = 0x0112;
const UPRIGHT = 1;
const TIFF_SHORT = 3;

/**
 * Encoders write 10 scans. Each takes a pass over the picture, so a small file could keep a processor busy for hours.
 */
const SCANS_MAX = 64;

const STEPS = 64;

/**
 * Least mean step of the quantisation tables. The binding uses the faster of libjpeg's two transforms, whose error is
 * below a step of usual files. Files of a quality above 97 have finer steps: the precision that they were made for
 * would be lost.
 */
const MEAN_STEP_LEAST = 3;

/**
 * The profile that cameras and editors write, whose colours are those of sRGB. Other profiles named sRGB may be
 * linear, or adapted.
 */
const SRGB_NAME = 'sRGB IEC61966-2.1';

/** @returns undefined if the file is no JPEG, or not for the fast decoder. */
export function plainJpeg(bytes: Uint8Array): PlainJpeg | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < 4 || file[0] !== MARKER || file[1] !== SOI) return undefined;
  let found: PlainJpeg | undefined;
  let hasProfile = false;
  for (let at = 2; at + 4 <= file.length; ) {
    if (file[at] !== MARKER) return undefined;
    const marker = file[at + 1] as number;
    if (marker === MARKER) {
      at++;
      continue;
    }
    if (!hasLength(marker)) return undefined;
    const length = file.readUInt16BE(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > file.length) return undefined;
    const segment = file.subarray(at + 4, end);
    if (marker === SOS) {
      // A profile of gray is never the profile of sRGB.
      const isPlain = found !== undefined && !(hasProfile && found.channels === 1);
      return isPlain && scanCount(file, at) <= SCANS_MAX ? found : undefined;
    }
    if (isFrame(marker)) {
      if (found !== undefined || !PLAIN_FRAMES.has(marker)) return undefined;
      found = frameOf(segment);
      if (found === undefined) return undefined;
    }
    if (marker === DQT && !isCoarse(segment)) return undefined;
    if (marker === APP1 && beginsWith(segment, EXIF) && !isUpright(segment.subarray(6))) {
      return undefined;
    }
    if (marker === APP2 && beginsWith(segment, PROFILE)) {
      if (hasProfile || !isSrgb(segment.subarray(PROFILE.length))) return undefined;
      hasProfile = true;
    }
    at = end;
  }
  return undefined;
}

/**
 * A frame: bits a value, height (2 bytes), width (2), channels. With a height of 0 the height follows the first scan.
 */
function frameOf(segment: Buffer): PlainJpeg | undefined {
  if (segment.length < 6 || segment[0] !== 8) return undefined;
  const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
  const channels = segment[5] as number;
  if (height === 0 || width === 0 || (channels !== 1 && channels !== 3)) return undefined;
  return { width, height, channels };
}

/**
 * Quantisation tables, one after another: bytes of a step (4 bits, 0 or 1), number of the table (4 bits), 64 steps.
 */
function isCoarse(segment: Buffer): boolean {
  for (let at = 0; at + 1 + STEPS <= segment.length; at += 1 + STEPS) {
    // Only files of the poorest qualities have steps of two bytes.
    if ((segment[at] as number) >= 0x10) return true;
    const steps = segment.subarray(at + 1, at + 1 + STEPS);
    if (steps.reduce((sum, step) => sum + step, 0) < MEAN_STEP_LEAST * STEPS) return false;
  }
  return true;
}

/** How many scans there are at most, since markers in comments count too. In coded data 0 or RST follows 0xFF. */
function scanCount(file: Buffer, from: number): number {
  const scan = Buffer.of(MARKER, SOS);
  let count = 0;
  for (let at = from; at >= 0 && count <= SCANS_MAX; at = file.indexOf(scan, at + 2)) count++;
  return count;
}

export interface JpegOutline {
  /** 0: no frame gives the width. */
  readonly width: number;
  readonly height: number;
  /** Scans up to the picture's end. */
  readonly scans: number;
}

/**
 * The outline of any JPEG. Bytes that cannot be a segment are skipped, as in libjpeg.
 *
 * @param bytes - a JPEG.
 */
export function jpegOutline(bytes: Uint8Array): JpegOutline {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let [width, height, scans] = [0, 0, 0];
  let at = file.indexOf(MARKER, 2);
  while (at >= 0 && at + 4 <= file.length) {
    const marker = file[at + 1] as number;
    if (marker === EOI) break;
    if (marker === SOS) scans++;
    if (isFrame(marker) && at + 9 <= file.length) {
      height = file.readUInt16BE(at + 5);
      width = file.readUInt16BE(at + 7);
    }
    const isFill = marker === MARKER;
    const length = hasLength(marker) && !isFill ? file.readUInt16BE(at + 2) : 0;
    at = file.indexOf(MARKER, at + (isFill ? 1 : 2) + length);
  }
  return { width, height, scans };
}

/**
 * @param tiff - TIFF 6.0: byte order, 42, the place of the first directory. A directory is a count, and entries of
 *   12 bytes.
 */
function isUpright(tiff: Buffer): boolean {
  if (tiff.length < 8) return false;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return false;
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (short(2) !== 42 || directory + 2 > tiff.length) return false;
  const count = short(directory);
  if (directory + 2 + count * 12 > tiff.length) return false;
  for (let entry = directory + 2; entry < directory + 2 + count * 12; entry += 12) {
    if (short(entry) !== ORIENTATION_TAG) continue;
    if (short(entry + 2) !== TIFF_SHORT || short(entry + 8) !== UPRIGHT) return false;
  }
  return true;
}

/** @param part - number of the part (1 byte), count of parts (1), and the profile, as in ICC.1. */
function isSrgb(part: Buffer): boolean {
  const profile = part.subarray(2);
  if (part[0] !== 1 || part[1] !== 1 || profile.length < 132) return false;
  if (profile.toString('latin1', 16, 20) !== 'RGB ') return false;
  const tagCount = profile.readUInt32BE(128);
  for (let tag = 0, at = 132; tag < tagCount && at + 12 <= profile.length; tag++, at += 12) {
    if (profile.toString('latin1', at, at + 4) !== 'desc') continue;
    const place = profile.readUInt32BE(at + 4);
    return (
      descriptionOf(profile.subarray(place, place + profile.readUInt32BE(at + 8))) === SRGB_NAME
    );
  }
  return false;
}

/** The description in a profile of version 2: 'desc', 4 zeros, the length with its final zero, ASCII. */
function descriptionOf(tag: Buffer): string | undefined {
  if (tag.length < 12 || !beginsWith(tag, 'desc')) return undefined;
  const length = tag.readUInt32BE(8);
  return 12 + length > tag.length ? undefined : tag.toString('latin1', 12, 12 + length - 1);
}

function beginsWith(bytes: Buffer, text: string): boolean {
  return bytes.toString('latin1', 0, text.length) === text;
}
