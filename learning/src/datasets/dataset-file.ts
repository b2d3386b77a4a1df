/**
 * A data set's file: an NPZ of `inputs`, `labels`, `splits` and `meta.json`, so that NumPy reads it as it is.
 *
 * | member | type | shape |
 * | --- | --- | --- |
 * | `inputs.npy` | uint8 or float32 | [N, H, W, channels] or [N, D] |
 * | `labels.npy` | int32 | [N] |
 * | `splits.npy` | uint8 | [N] |
 * | `meta.json` | format, classCount, classNames, inputScale, perhaps encoding and columns | |
 * | `texts.npy` | uint8, of a set that was made of texts: their UTF-8, one after the other | [bytes] |
 * | `textEnds.npy` | uint32, where each text ends | [N] |
 * | `numbers.npy` | float64, of a set of a table's rows: cells of columns of numbers, NaN: missing | [N, n] |
 * | `categories.npy` | uint8, of a set of a table's rows: UTF-8 of its cells of categories | [bytes] |
 * | `categoryEnds.npy` | uint32, where each cell of a category ends | [N, c] |
 *
 * In a set with named modalities each modality has its own arrays, `inputs.NAME.npy`, perhaps `texts.NAME.npy` and so
 * on, and its own inputScale, encoding and columns, in `modalities: { NAME: … }` of `meta.json`. Equal content has
 * equal bytes, so equal digests.
 */
import {
  DATASET_MAX_BYTES,
  InvalidDocumentError,
  LyceumError,
  type Problem,
  sha256Hex,
  toLyceumError,
} from '@lyceum/proto';
import {
  isObject,
  type NpyArray,
  readNpy,
  readZip,
  writeNpz,
  type ZipLimits,
} from '../files/index.js';
import {
  arrayName,
  type Dataset,
  type DatasetParts,
  MAX_MODALITIES,
  MODALITY_ARRAYS,
  type Modality,
  NAMELESS,
  type StoredDataset,
  type StoredDatasetParts,
  seenDataset,
  valueType,
  withoutName,
} from './dataset.js';
import { type DatasetMeta, datasetMeta, readDatasetMeta } from './dataset-meta.js';
import { datasetProblems } from './dataset-problems.js';
import { readManifest, unreadPictures } from './manifest-file.js';
import type { SampleTexts } from './sample-texts.js';
import { MANIFEST_FORMAT } from './shards/index.js';
import { countColumns, type TableCells, type TableColumn } from './table-cells.js';

const LIMITS: ZipLimits = {
  maxMembers: 16 + MODALITY_ARRAYS.length * MAX_MODALITIES,
  maxBytes: DATASET_MAX_BYTES,
  compression: 'refused',
};

/** @throws {InvalidDocumentError} if the parts are no data set. */
export function encodeDataset(parts: DatasetParts): Buffer {
  return encodeStoredDataset(withoutName(parts));
}

/** @throws {InvalidDocumentError} if the parts are no data set. */
export function encodeStoredDataset(parts: StoredDatasetParts): Buffer {
  const problems = datasetProblems(parts);
  if (problems.length > 0) throw new InvalidDocumentError('data set', problems);
  const { sampleCount, labels, splits, modalities } = parts;
  return writeNpz(
    [
      ...[...modalities].flatMap(([name, modality]) => modalityArrays(name, modality, sampleCount)),
      ['labels', { dtype: 'int32', shape: [sampleCount], data: labels }],
      ['splits', { dtype: 'uint8', shape: [sampleCount], data: splits }],
    ],
    [['meta.json', datasetMeta(parts)]],
  );
}

function modalityArrays(
  name: string,
  { inputs, sampleShape, texts, columns = [], cells }: Modality,
  sampleCount: number,
): [string, NpyArray][] {
  const shape = [sampleCount, ...sampleShape];
  const arrays: [string, NpyArray][] = [
    [arrayName('inputs', name), { dtype: valueType(inputs), shape, data: inputs }],
  ];
  if (texts !== undefined) {
    const { bytes, ends } = texts;
    arrays.push(
      [arrayName('texts', name), { dtype: 'uint8', shape: [bytes.length], data: bytes }],
      [arrayName('textEnds', name), { dtype: 'uint32', shape: [ends.length], data: ends }],
    );
  }
  const [n, c] = [countColumns(columns, 'number'), countColumns(columns, 'category')];
  if (cells !== undefined && n > 0) {
    const numbers: NpyArray = { dtype: 'float64', shape: [sampleCount, n], data: cells.numbers };
    arrays.push([arrayName('numbers', name), numbers]);
  }
  if (cells !== undefined && c > 0) {
    const { bytes, ends } = cells.categories;
    arrays.push(
      [arrayName('categories', name), { dtype: 'uint8', shape: [bytes.length], data: bytes }],
      [arrayName('categoryEnds', name), { dtype: 'uint32', shape: [sampleCount, c], data: ends }],
    );
  }
  return arrays;
}

/**
 * As {@link parseStoredDataset}, of a set with one modality.
 *
 * @throws {LyceumError} INVALID_ARGUMENT, besides, if it has several.
 */
export function parseDataset(bytes: Uint8Array): Dataset {
  return seenDataset(parseStoredDataset(bytes), undefined);
}

/**
 * Reads a data set's file and checks all of it.
 *
 * @param expectedDigest - SHA-256, hex, that the bytes must have.
 * @throws {LyceumError} FAILED_PRECONDITION if the digest is another.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function parseStoredDataset(
  bytes: Uint8Array,
  expectedDigest?: string,
  source = 'data set',
): StoredDataset {
  const digest = sha256Hex(bytes);
  if (expectedDigest !== undefined && digest !== expectedDigest) {
    const message = `${source}: want SHA-256 ${expectedDigest}, got ${digest}; the file is damaged, or is another file`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const members = readMembers(bytes, source);
  const problems: Problem[] = [];
  const array = arrayReader(members, problems);
  const manifest = manifestMeta(members);
  if (manifest !== undefined) {
    const parts = readManifest(manifest, array, members.has('paths.npy'), problems);
    if (parts === undefined) throw new InvalidDocumentError(source, problems);
    const modalities = new Map([[NAMELESS, unreadPictures(parts.shards.grid)]]);
    return { digest, ...parts, modalities };
  }
  const meta = readDatasetMeta(members.get('meta.json'), problems);
  const metas: DatasetMeta['modalities'] =
    meta?.modalities ?? new Map([[NAMELESS, { inputScale: 1 }]]);
  const modalities = new Map<string, Modality>();
  let sampleCount = 0;
  for (const [name, own] of metas) {
    const inputs = array(arrayName('inputs', name), ['uint8', 'float32']);
    const texts = readTexts(members, array, name);
    const cells = own.columns && readCells(own.columns, array, name, problems);
    if (inputs === undefined) continue;
    const [count = 0, ...sampleShape] = inputs.shape;
    sampleCount ||= count;
    const data = inputs.data as Uint8Array | Float32Array;
    const raw = { ...(texts && { texts }), ...(cells && { cells }) };
    modalities.set(name, { sampleShape, inputs: data, ...own, ...raw });
  }
  const labels = array('labels', ['int32']);
  const splits = array('splits', ['uint8']);
  if (meta !== undefined) problems.push(...strangers(members, metas));
  if (!labels || !splits || !meta || problems.length > 0) {
    throw new InvalidDocumentError(source, problems);
  }
  const stored: StoredDataset = {
    digest,
    sampleCount,
    classCount: meta.classCount,
    classNames: meta.classNames,
    labels: labels.data as Int32Array,
    splits: splits.data as Uint8Array,
    modalities,
  };
  problems.push(...datasetProblems(stored));
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return stored;
}

function readMembers(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  try {
    return readZip(bytes, LIMITS, 'file');
  } catch (err) {
    const problem = { path: '', message: toLyceumError(err).message };
    throw new InvalidDocumentError(source, [problem]);
  }
}

/** Reads the `meta.json` of a set in shards; undefined: the file is a set in one file, or no set at all. */
function manifestMeta(
  members: ReadonlyMap<string, Uint8Array>,
): Readonly<Record<string, unknown>> | undefined {
  if (!members.has('chunkEnds.npy')) return undefined;
  try {
    const meta: unknown = JSON.parse(Buffer.from(members.get('meta.json') ?? '').toString());
    return isObject(meta) && meta['format'] === MANIFEST_FORMAT ? meta : undefined;
  } catch {
    return undefined;
  }
}

type ArrayReader = (name: string, types: readonly NpyArray['dtype'][]) => NpyArray | undefined;

/** Reads arrays by name. An array that is missing or of another type becomes a problem. */
function arrayReader(members: ReadonlyMap<string, Uint8Array>, problems: Problem[]): ArrayReader {
  return (name, types) => {
    try {
      const member = members.get(`${name}.npy`);
      if (member === undefined) throw new LyceumError('INVALID_ARGUMENT', 'is missing');
      const found = readNpy(member, 'array');
      if (types.includes(found.dtype)) return found;
      const message = `is of type ${found.dtype}; want ${types.join(' or ')}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    } catch (err) {
      problems.push({ path: name, message: toLyceumError(err).message });
      return undefined;
    }
  };
}

function readTexts(
  members: ReadonlyMap<string, Uint8Array>,
  array: ArrayReader,
  modality: string,
): SampleTexts | undefined {
  const [textsName, endsName] = [arrayName('texts', modality), arrayName('textEnds', modality)];
  if (![textsName, endsName].some((name) => members.has(`${name}.npy`))) return undefined;
  const texts = array(textsName, ['uint8']);
  const ends = array(endsName, ['uint32']);
  return texts && ends && { bytes: texts.data as Uint8Array, ends: ends.data as Uint32Array };
}

/** The cells of a table's rows; a missing array is a problem. */
function readCells(
  columns: readonly TableColumn[],
  array: ArrayReader,
  modality: string,
  problems: Problem[],
): TableCells | undefined {
  const [n, c] = [countColumns(columns, 'number'), countColumns(columns, 'category')];
  const of = (
    name: Parameters<typeof arrayName>[0],
    type: NpyArray['dtype'],
    count: number,
    width: readonly number[],
  ) => {
    if (count === 0) return [];
    const path = arrayName(name, modality);
    const found = array(path, [type]);
    // Those who read single rows find them by the array's shape.
    if (found !== undefined && `${found.shape.slice(1)}` !== `${width}`) {
      const message = `has shape [${found.shape}]; want [${[width.length > 0 ? 'samples' : 'bytes', ...width].join(', ')}]`;
      problems.push({ path, message });
    }
    return found?.data;
  };
  const numbers = of('numbers', 'float64', n, [n]);
  const bytes = of('categories', 'uint8', c, []);
  const ends = of('categoryEnds', 'uint32', c, [c]);
  if (numbers === undefined || bytes === undefined || ends === undefined) return undefined;
  return {
    numbers: numbers instanceof Float64Array ? numbers : new Float64Array(),
    categories: {
      bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array(),
      ends: ends instanceof Uint32Array ? ends : new Uint32Array(),
    },
  };
}

/**
 * Whether a modality with these columns has such an array: there are cells only for columns that `meta.json` names.
 */
function isMeant(
  array: (typeof MODALITY_ARRAYS)[number],
  columns: readonly TableColumn[],
): boolean {
  if (array === 'numbers') return countColumns(columns, 'number') > 0;
  const isOfCategories = array === 'categories' || array === 'categoryEnds';
  return !isOfCategories || countColumns(columns, 'category') > 0;
}

/** Arrays that belong to no modality: nobody would ever read them. */
function strangers(
  members: ReadonlyMap<string, Uint8Array>,
  modalities: DatasetMeta['modalities'],
): Problem[] {
  const known = [...modalities].flatMap(([name, { columns = [] }]) =>
    MODALITY_ARRAYS.filter((array) => isMeant(array, columns)).map(
      (array) => `${arrayName(array, name)}.npy`,
    ),
  );
  const strange = [...members.keys()].filter(
    (member) =>
      MODALITY_ARRAYS.some((array) => member.startsWith(`${array}.`)) &&
      member.endsWith('.npy') &&
      !known.includes(member),
  );
  const message = 'belongs to no modality or columns that meta.json names';
  return strange.map((member) => ({ path: member.slice(0, -'.npy'.length), message }));
}
