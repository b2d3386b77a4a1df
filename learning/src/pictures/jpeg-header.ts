/**
 * What a JPEG's header says, read as ITU-T T.81 annex B has it, and whether the fast decoder may take the file: a pure
 * function of its bytes, so that every worker decodes a picture in the same way.
 *
 * Taken: gray or three channels of 8 bits, Huffman-coded, baseline to progressive. Not taken: what must be turned, what is
 * in another colour space than sRGB, and all that is unusual. It need not be damaged for that; sharp reads it.
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
/** Baseline, extended and progressive, all with Huffman's code. The other frames are rare, or nobody reads them. */
const PLAIN_FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** Frames, but for tables (C4), extensions (C8) and conditions of arithmetic coding (CC). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** RST0 to RST7, TEM and stuffed zeros have no length; none belongs into a header. */
const hasLength = (marker: number): boolean =>
  marker > 0x01 && marker !== SOI && marker !== EOI && !(marker >= 0xd0 && marker <= 0xd7);

const EXIF = 'Exif\0\0';
const PROFILE = 'ICC_PROFILE\0';
const ORIENTATION_TAG = 0x0112;
const UPRIGHT = 1;
const TIFF_SHORT = 3;

/** Encoders write 10. Each costs as much as a pass over the picture, so a small file could keep a processor for hours. */
const SCANS_MAX = 64;

const STEPS = 64;

/**
 * The binding has the fast of libjpeg's two transforms, which is off by less than a step of usual files. Those of a quality
 * above 97 have finer steps: what they were written so large for would be lost.
 */
const MEAN_STEP_LEAST = 3;

/** Its colours are those of sRGB: what cameras and editors write. Others by that name may be linear, or adapted. */
const SRGB_NAME = 'sRGB IEC61966-2.1';

/** @returns undefined if it is no JPEG, or none that the fast decoder takes. */
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
      // A profile of gray is never that of sRGB.
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

/** Bytes: bits a value, height (2), width (2), channels. A height of 0 is told after the first scan. */
function frameOf(segment: Buffer): PlainJpeg | undefined {
  if (segment.length < 6 || segment[0] !== 8) return undefined;
  const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
  const channels = segment[5] as number;
  if (height === 0 || width === 0 || (channels !== 1 && channels !== 3)) return undefined;
  return { width, height, channels };
}

/** Tables one after another: how many bytes a step (4 bits, 0 or 1) and which (4 bits), 64 steps. */
function isCoarse(segment: Buffer): boolean {
  for (let at = 0; at + 1 + STEPS <= segment.length; at += 1 + STEPS) {
    // Steps of two bytes are those of the poorest qualities.
    if ((segment[at] as number) >= 0x10) return true;
    const steps = segment.subarray(at + 1, at + 1 + STEPS);
    if (steps.reduce((sum, step) => sum + step, 0) < MEAN_STEP_LEAST * STEPS) return false;
  }
  return true;
}

/** At most: what is in comments counts too. In coded data 0xFF is followed by 0 or RST. */
function scanCount(file: Buffer, from: number): number {
  const scan = Buffer.of(MARKER, SOS);
  let count = 0;
  for (let at = from; at >= 0 && count <= SCANS_MAX; at = file.indexOf(scan, at + 2)) count++;
  return count;
}

export interface JpegOutline {
  /** 0: no frame says it. */
  readonly width: number;
  readonly height: number;
  /** Up to the picture's end. */
  readonly scans: number;
}

/**
 * Of whatever kind of JPEG. What cannot be a segment is passed over, as libjpeg does.
 *
 * @param bytes - of a JPEG.
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

/** @param tiff - TIFF 6.0: byte order, 42, where the first directory is; that is a count, and entries of 12 bytes. */
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

/** @param part - number of the part (1), of how many (1), and the profile as ICC.1 has it. */
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

/** Of a profile of version 2: 'desc', 4 zeros, the length with its final zero, ASCII. */
function descriptionOf(tag: Buffer): string | undefined {
  if (tag.length < 12 || !beginsWith(tag, 'desc')) return undefined;
  const length = tag.readUInt32BE(8);
  return 12 + length > tag.length ? undefined : tag.toString('latin1', 12, 12 + length - 1);
}

function beginsWith(bytes: Buffer, text: string): boolean {
  return bytes.toString('latin1', 0, text.length) === text;
}
