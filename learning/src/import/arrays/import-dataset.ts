/** From what a person names on the command line to the bytes of a data set's file. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readGivenFile } from '@lyceum/platform';
import { DATASET_MAX_BYTES, LyceumError, ownEntry } from '@lyceum/proto';
import { type DatasetParts, encodeStoredDataset, withoutName } from '../../datasets/index.js';
import type { KnownClasses } from '../samples/index.js';
import { AS_IN_SOURCE } from './array-labels.js';
import { foreignSource } from './foreign-source.js';
import { importIdx } from './import-idx.js';
import { type ImportedArrays, importNpz } from './import-npz.js';
import { importDigits, importFashion } from './import-packages.js';

export interface ImportedDataset {
  /** The set's file. */
  readonly bytes: Buffer;
  /** For a person: what the order of classes is. */
  readonly classOrder: string;
}

/**
 * @param path - `digits` or `fashion`; an NPZ file; or a folder of IDX files
 * (`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, perhaps `t10k-…`, each plain or `.gz`).
 * @param cacheFolder - where the set-up unpacks data, `datasets/mnist` and `datasets/fashion-mnist` in it.
 * @param classes - names of all classes, in their order.
 * @returns the bytes to push; equal sources give equal bytes.
 * @throws {LyceumError} NOT_FOUND if something is missing, INVALID_ARGUMENT naming what is wrong with it.
 */
export async function importDataset(
  path: string,
  cacheFolder: string,
  classes?: KnownClasses,
): Promise<ImportedDataset> {
  const { parts, classOrder } = await importParts(path, cacheFolder, classes);
  return { bytes: encodeStoredDataset(parts), classOrder };
}

async function importParts(
  path: string,
  cacheFolder: string,
  classes: KnownClasses | undefined,
): Promise<ImportedArrays> {
  const packaged = ownEntry(PACKAGED, path);
  if (packaged !== undefined) {
    if (classes !== undefined) {
      const message = `--classes means nothing for ${path}, which names its classes itself`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    return imported(packaged(cacheFolder));
  }
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    const message = `${path}: no such file or folder; or name a known set: digits, fashion`;
    throw new LyceumError('NOT_FOUND', message);
  }
  if (found.isDirectory()) {
    return imported(await importIdxFolder(path, classes), classes?.order);
  }
  const bytes = readDataFile(path);
  const foreign = foreignSource(path, bytes);
  if (foreign !== undefined) throw new LyceumError('INVALID_ARGUMENT', `${path} ${foreign}`);
  return importNpz(bytes, classes, path);
}

/** From the folder that the set-up unpacks them in. */
const PACKAGED = {
  digits: (folder: string) => importDigits(join(folder, 'datasets', 'mnist')),
  fashion: (folder: string) => importFashion(join(folder, 'datasets', 'fashion-mnist')),
} as const;

/** As {@link importDataset}, of the sets that ship in packages. @returns the set's file. */
export function importPackaged(name: keyof typeof PACKAGED, cacheFolder: string): Buffer {
  return encodeStoredDataset(withoutName(PACKAGED[name](cacheFolder)));
}

function imported(parts: DatasetParts, classOrder = AS_IN_SOURCE): ImportedArrays {
  return { parts: withoutName(parts), classOrder };
}

/** `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `emnist-digits-test-images-idx3-ubyte.gz`. */
const IDX_NAME = /^(?:.*-)?(train|t10k|test)-(images|labels)[-.]idx\d-ubyte(\.gz)?$/;

/** Whether a folder has a file that is named as IDX files are. */
export async function isIdxFolder(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((name) => IDX_NAME.test(name));
}

async function importIdxFolder(
  folder: string,
  classes: KnownClasses | undefined,
): Promise<DatasetParts> {
  const files = new Map<string, string>();
  for (const name of (await readdir(folder)).sort()) {
    const match = IDX_NAME.exec(name);
    if (match === null) continue;
    const role = `${match[1] === 'train' ? 'train' : 'test'}-${match[2]}`;
    const other = files.get(role);
    // A plain file sorts before its gzip twin, and is it.
    if (other === undefined) files.set(role, name);
    else if (name !== `${other}.gz`) {
      throw new LyceumError('INVALID_ARGUMENT', `${folder}: both ${other} and ${name} are there`);
    }
  }
  const read = (role: string): Uint8Array | undefined => {
    const name = files.get(role);
    return name === undefined ? undefined : readDataFile(join(folder, name));
  };
  const images = read('train-images');
  const labels = read('train-labels');
  const testImages = read('test-images');
  const testLabels = read('test-labels');
  if (!images || !labels || (testImages === undefined) !== (testLabels === undefined)) {
    const missing = ['train-images', 'train-labels', 'test-images', 'test-labels'].filter(
      (role) => !files.has(role),
    );
    const message = `${folder}: is no set of IDX files; missing: ${missing.join(', ')}`;
    throw new LyceumError('NOT_FOUND', message);
  }
  try {
    return importIdx({ images, labels, testImages, testLabels }, classes);
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError(err.code, `${folder}: ${err.message}`, { cause: err });
  }
}

/** A file that a set is made of. @throws {LyceumError} INVALID_ARGUMENT if it cannot be read, or is too long. */
export function readDataFile(path: string): Buffer {
  return readGivenFile(path, DATASET_MAX_BYTES, 'INVALID_ARGUMENT');
}
