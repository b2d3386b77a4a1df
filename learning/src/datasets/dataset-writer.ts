/**
 * A data set's file, written from rows on disk: what `encodeStoredDataset` gives, byte for byte, for sets that are read
 * in a stream. In memory is of each sample its label, its split, where its rows are and where its texts end.
 *
 * The file begins with the count of rows, which is known last. So rows go to files beside it first.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASET_MAX_BYTES, InvalidDocumentError, LyceumError } from '@lyceum/proto';
import {
  type NpyArray,
  npyHeader,
  writeNpy,
  writeZipFile,
  type ZipMember,
} from '../files/index.js';
import { arrayName, type DatasetOutline, type ModalityOutline } from './dataset.js';
import { datasetMeta } from './dataset-meta.js';
import { outlineProblems } from './dataset-problems.js';
import type { Encoding } from './encoding/index.js';
import type { RowFile } from './row-file.js';

/** Where the samples of a modality are: entry n of `order` is the row of sample n. */
export interface StoredRows {
  readonly rows: RowFile;
  readonly order: Uint32Array;
  /** That made the rows of texts or rows of a table. */
  readonly encoding: Encoding | undefined;
}

/** What is known of the samples when all rows are written. */
export type SampleFacts = Pick<DatasetOutline, 'classNames' | 'labels' | 'splits'>;

/** Room for the headers, and for the names of 65,536 classes. */
const OVERHEAD_BYTES = 32 * 1024 * 1024;

/**
 * @param folder - with room for the set; the file in it is the caller's to remove.
 * @param modalities - by name.
 * @returns the path of the set's file.
 * @throws {InvalidDocumentError} naming all that keeps rows and facts from being a data set.
 * @throws {LyceumError} INVALID_ARGUMENT if the set is greater than one may be.
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

function outlineOf({ rows, encoding }: StoredRows): ModalityOutline {
  const { sampleShape, valueType } = rows.format;
  const inputScale = valueType === 'uint8' ? 1 / 255 : 1;
  return { sampleShape, inputScale, ...(encoding !== undefined && { encoding }) };
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

function modalityMembers(name: string, { rows, order }: StoredRows): ZipMember[] {
  const { sampleShape, valueType } = rows.format;
  const shape = [order.length, ...sampleShape];
  const sizeBytes = order.length * rows.rowBytes;
  const inputs = streamedArray(arrayName('inputs', name), valueType, shape, {
    sizeBytes,
    chunks: rows.read(order),
  });
  const texts = rows.texts(order);
  if (texts === undefined) return [inputs];
  const { ends, chunks } = texts;
  const textBytes = ends.at(-1) ?? 0;
  return [
    inputs,
    streamedArray(arrayName('texts', name), 'uint8', [textBytes], { sizeBytes: textBytes, chunks }),
    wholeMember(
      `${arrayName('textEnds', name)}.npy`,
      writeNpy({ dtype: 'uint32', shape: [ends.length], data: ends }),
    ),
  ];
}

function streamedArray(
  name: string,
  dtype: NpyArray['dtype'],
  shape: readonly number[],
  { sizeBytes, chunks }: Pick<ZipMember, 'sizeBytes' | 'chunks'>,
): ZipMember {
  const header = npyHeader(dtype, shape);
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
