/**
 * Real JPEGs: crops of the two photographs that scikit-learn ships, drawn from a seed.
 *
 * A crop covers between a half and all of a photograph, and is 4:3, as most photographs are; half of the crops are
 * mirrored. At {@link QUALITY} a file has about 110 KB, as in ImageNet. A decoder has as much work with a crop as
 * with a photograph. A number in a comment of the file makes copies of one crop different, so that no two files of a
 * set are equal.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mulberry32 } from '@lyceum/learning/arrays';
import sharp, { type Sharp } from 'sharp';

const CROPS = 512;
const PHOTOGRAPHS = ['china.jpg', 'flower.jpg'];
const JPEG_SIZE = { width: 500, height: 375 };
const QUALITY = 97;
const LEAST_AREA = 0.5;

/** Marker of a JPEG segment that programs skip. ITU-T T.81, table B.1: COM. */
const COMMENT_MARKER = 0xfffe;
/** Length of SOI, which begins every JPEG. */
const START_BYTES = 2;

export interface Jpeg {
  readonly bytes: Buffer;
  /** Class: which photograph, and which half of it holds the crop's middle. */
  readonly label: number;
}

/** @param cache - the cache of set-up, which fetched the photographs. @returns {@link CROPS}, always the same. */
export async function jpegCrops(cache: string): Promise<Jpeg[]> {
  const folder = join(cache, 'datasets', 'scikit-learn', 'sklearn', 'datasets', 'images');
  const files = PHOTOGRAPHS.map((name) => readFile(join(folder, name)));
  const photographs = (await Promise.all(files)).map((bytes) => sharp(bytes));
  return Promise.all(
    Array.from({ length: CROPS }, (_, index) => jpegCrop(photographs, CROPS + index)),
  );
}

async function jpegCrop(photographs: readonly Sharp[], seed: number): Promise<Jpeg> {
  const draw = (number: number) => mulberry32(seed, number);
  const number = Math.floor(draw(0) * photographs.length);
  const photograph = photographs[number] as Sharp;
  const { width, height } = await photograph.metadata();
  const most = Math.min(width / JPEG_SIZE.width, height / JPEG_SIZE.height);
  const scale = most * Math.sqrt(LEAST_AREA + draw(1) * (1 - LEAST_AREA));
  const crop = {
    width: Math.floor(JPEG_SIZE.width * scale),
    height: Math.floor(JPEG_SIZE.height * scale),
  };
  const left = Math.floor(draw(2) * (width - crop.width + 1));
  const top = Math.floor(draw(3) * (height - crop.height + 1));
  const bytes = await photograph
    .clone()
    .extract({ left, top, ...crop })
    .flop(draw(4) < 0.5)
    .resize({ ...JPEG_SIZE, fit: 'fill' })
    .jpeg({ quality: QUALITY })
    .toBuffer();
  return { bytes, label: 2 * number + (left + crop.width / 2 < width / 2 ? 0 : 1) };
}

/** The same picture in a file with a comment that contains the number. */
export function numberedJpeg(bytes: Buffer, number: number): Buffer {
  const text = Buffer.from(`picture ${String(number).padStart(9, '0')}`);
  const comment = Buffer.alloc(4 + text.length);
  comment.writeUInt16BE(COMMENT_MARKER, 0);
  // The length includes its own two bytes.
  comment.writeUInt16BE(2 + text.length, 2);
  text.copy(comment, 4);
  return Buffer.concat([bytes.subarray(0, START_BYTES), comment, bytes.subarray(START_BYTES)]);
}
