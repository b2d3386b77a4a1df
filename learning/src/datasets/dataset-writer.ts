/**
 * Writes a data set's file from rows on disk, with the same bytes as `encodeStoredDataset` gives: for sets that are
 * read as a stream. Memory holds of each sample only its label, its split, the place of its rows and the ends of its
 * texts.
 *
 * The file begins with the count of rows, which is known only at the end. So rows first go to files beside it.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASET_MAX_BYTES, elementCount, InvalidDocumentError, LyceumError } from '@lyceum/proto';
import { npyHeader, writeNpy, writeZipFile, type ZipMember } from '../files/index.js';
import { arrayName, type DatasetOutline, type ModalityOutline } from './dataset.js';
import { datasetMeta } from './dataset-meta.js';
import { outlineProblems } from './dataset-problems.js';
import type { Encoding } from './encoding/index.js';
import type { RowFile } from './row-file.js';
import { countColumns, type TableColumn } from './table-cells.js';

/** Where the samples of a modality are: sample n is row `order[n]`. */
export interface StoredRows {
  readonly rows: RowFile;
  readonly order: Uint32Array;
  /** The encoding that made the rows, if they were made of texts or of rows of a table. */
  readonly encoding: Encoding | undefined;
  /** For a table: the columns whose cells are stored with the rows. */
  readonly columns?: readonly TableColumn[] | undefined;
}

/** What is known of the samples once all rows are written. */
export type SampleFacts = Pick<DatasetOutline, 'classNames' | 'labels' | 'splits'>;

const ELEMENT_BYTES = { uint8: 1, float32: 4, float64: 8 } as const;

/** Room for the headers, and for the names of 65,536 classes. */
const OVERHEAD_BYTES = 32 * 1024 * 1024;

/**
 * @param folder - has room for the set. The caller removes the file in it.
 * @param modalities - by the modality's name.
 * @returns the path of the set's file.
 * @throws {InvalidDocumentError} naming all that keeps rows and facts from being a data set.
 * @throws {LyceumError} INVALID_ARGUMENT if the set is larger than a set may be.
 */
export async function writeDatasetFile(
  folder: string,
  modalities: ReadonlyMap<string, StoredRows>,
  facts: SampleFacts,
): Promise<string> {
  const outline: DatasetOutline = {
    ...facts,
    sampleCount: facts.labels.length,
    classCount: facts.classNames.length,
    modalities: new Map([...modalities].map(([name, stored]) => [name, outlineOf(stored)])),
  };
  const problems = outlineProblems(outline);
  if (problems.length > 0) throw new InvalidDocumentError('data set', problems);
  const members = membersOf(modalities, outline);
  const totalBytes = members.reduce((sum, { sizeBytes }) => sum + sizeBytes, OVERHEAD_BYTES);
  if (totalBytes > DATASET_MAX_BYTES) {
    const message = `the set has ${totalBytes} bytes in all; at most ${DATASET_MAX_BYTES} are kept: want fewer or smaller samples, or pictures in shards (datasets register)`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const path = join(folder, 'dataset.npz');
  const file = await open(path, 'wx');
  try {
    await writeZipFile(file, members);
  } finally {
    await file.close();
  }
  return path;
}

function outlineOf({ rows, encoding, columns }: StoredRows): ModalityOutline {
  const { sampleShape, valueType } = rows.format;
  const inputScale = valueType === 'uint8' ? 1 / 255 : 1;
  return {
    sampleShape,
    inputScale,
    ...(encoding !== undefined && { encoding }),
    ...(columns !== undefined && { columns }),
  };
}

function membersOf(
  modalities: ReadonlyMap<string, StoredRows>,
  outline: DatasetOutline,
): ZipMember[] {
  const { sampleCount, labels, splits } = outline;
  const shape = [sampleCount];
  return [
    ...[...modalities].flatMap(([name, stored]) => modalityMembers(name, stored)),
    wholeMember('labels.npy', writeNpy({ dtype: 'int32', shape, data: labels })),
    wholeMember('splits.npy', writeNpy({ dtype: 'uint8', shape, data: splits })),
    wholeMember('meta.json', Buffer.from(datasetMeta(outline))),
  ];
}

function modalityMembers(name: string, { rows, order, columns }: StoredRows): ZipMember[] {
  const { sampleShape, valueType } = rows.format;
  const count = order.length;
  const shape = [count, ...sampleShape];
  const members = [streamedArray(arrayName('inputs', name), valueType, shape, rows.read(order))];
  const n = countColumns(columns ?? [], 'number');
  const numbers = rows.numbers(order);
  if (numbers !== undefined) {
    members.push(streamedArray(arrayName('numbers', name), 'float64', [count, n], numbers));
  }
  const texts = rows.texts(order);
  if (texts === undefined) return members;
  const { ends, chunks } = texts;
  const [bytesName, endsName] =
    columns === undefined
      ? (['texts', 'textEnds'] as const)
      : (['categories', 'categoryEnds'] as const);
  const endsShape = columns === undefined ? [count] : [count, ends.length / count];
  return [
    ...members,
    streamedArray(arrayName(bytesName, name), 'uint8', [ends.at(-1) ?? 0], chunks),
    wholeMember(
      `${arrayName(endsName, name)}.npy`,
      writeNpy({ dtype: 'uint32', shape: endsShape, data: ends }),
    ),
  ];
}

function streamedArray(
  name: string,
  dtype: 'uint8' | 'float32' | 'float64',
  shape: readonly number[],
  chunks: AsyncIterable<Buffer>,
): ZipMember {
  const header = npyHeader(dtype, shape);
  const sizeBytes = elementCount(shape) * ELEMENT_BYTES[dtype];
  return {
    name: `${name}.npy`,
    sizeBytes: header.length + sizeBytes,
    chunks: (async function* () {
      yield header;
      yield* chunks;
    })(),
  };
}

function wholeMember(name: string, bytes: Buffer): ZipMember {
  return { name, sizeBytes: bytes.length, chunks: [bytes] };
}
