/** From what a person names on the command line to the bytes of a data set's file. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readGivenFile } from '@lyceum/platform';
import { DATASET_MAX_BYTES, LyceumError, ownEntry } from '@lyceum/proto';
import { encodeStoredDataset, withoutName } from '../../datasets/index.js';
import { chosenSplits } from '../samples/index.js';
import { foreignSource } from './foreign-source.js';
import { importIdx } from './import-idx.js';
import { importNpz } from './import-npz.js';
import { PACKAGED, type UnsplitParts } from './import-packages.js';
import { type ArrayOptions, AS_IN_SOURCE, type ImportedArrays } from './imported-arrays.js';

export interface ImportedDataset extends Omit<ImportedArrays, 'parts'> {
  /** The set's file. */
  readonly bytes: Buffer;
}

/**
 * @param path - `digits` or `fashion`; an NPZ file; or a folder of IDX files
 * (`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, perhaps `t10k-…`, each plain or `.gz`).
 * @param cacheFolder - the folder in which the set-up unpacked `datasets/mnist` and `datasets/fashion-mnist`.
 * @param chosen - the options, or throws if some do not apply to arrays. It is called once the source turned out to be
 * arrays, since what a missing or foreign file is comes before what an option means.
 * @returns the bytes to push; equal sources and options give equal bytes.
 * @throws {LyceumError} NOT_FOUND if something is missing, INVALID_ARGUMENT naming what is wrong with it.
 */
export async function importDataset(
  path: string,
  cacheFolder: string,
  chosen: () => ArrayOptions = () => ({}),
): Promise<ImportedDataset> {
  const { parts, ...sources } = await importParts(path, cacheFolder, chosen);
  return { bytes: encodeStoredDataset(parts), ...sources };
}

async function importParts(
  path: string,
  cacheFolder: string,
  chosen: () => ArrayOptions,
): Promise<ImportedArrays> {
  const packaged = ownEntry(PACKAGED, path);
  if (packaged !== undefined) {
    const options = chosen();
    return packagedArrays(path, packaged(cacheFolder), options);
  }
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    const message = `${path}: no such file or folder; or name a known set: digits, fashion`;
    throw new LyceumError('NOT_FOUND', message);
  }
  if (found.isDirectory()) return importIdxFolder(path, chosen());
  const bytes = readDataFile(path);
  const foreign = foreignSource(path, bytes);
  if (foreign !== undefined) throw new LyceumError('INVALID_ARGUMENT', `${path} ${foreign}`);
  return importNpz(bytes, chosen(), path);
}

function packagedArrays(
  name: string,
  parts: UnsplitParts,
  { classes, split }: ArrayOptions,
): ImportedArrays {
  if (classes !== undefined) {
    const message = `--classes means nothing for ${name}, which names its classes itself`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const { labels, sampleCount } = parts;
  const { splits, source } = chosenSplits(name, split, labels, new Int32Array(sampleCount));
  return {
    parts: withoutName({ ...parts, splits }),
    classOrder: AS_IN_SOURCE,
    splitSource: source,
  };
}

/** `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `emnist-digits-test-images-idx3-ubyte.gz`. */
const IDX_NAME = /^(?:.*-)?(train|t10k|test)-(images|labels)[-.]idx\d-ubyte(\.gz)?$/;

/** Whether a folder has a file that is named as IDX files are. */
export async function isIdxFolder(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((name) => IDX_NAME.test(name));
}

async function importIdxFolder(folder: string, options: ArrayOptions): Promise<ImportedArrays> {
  const files = new Map<string, string>();
  for (const name of (await readdir(folder)).sort()) {
    const match = IDX_NAME.exec(name);
    if (match === null) continue;
    const role = `${match[1] === 'train' ? 'train' : 'test'}-${match[2]}`;
    const other = files.get(role);
    // A plain file sorts before its gzip twin, which has the same content.
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
    return importIdx({ images, labels, testImages, testLabels }, options);
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError(err.code, `${folder}: ${err.message}`, { cause: err });
  }
}

/** Reads a file of a source. @throws {LyceumError} INVALID_ARGUMENT if it cannot be read, or is too long. */
export function readDataFile(path: string): Buffer {
  return readGivenFile(path, DATASET_MAX_BYTES, 'INVALID_ARGUMENT');
}
