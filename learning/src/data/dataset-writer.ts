/**
 * A data set's file, written row by row: what `encodeDataset` gives, byte for byte, for sets that are read in a
 * stream. In memory are a few rows, and of each sample its label, its split and where its text ends.
 *
 * The file begins with the count of rows, which is known last. So rows go to a file beside it first.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DATASET_MAX_BYTES,
  InvalidDocumentError,
  LyceumError,
  ShapeMismatchError,
} from '@lyceum/proto';
import { type DatasetOutline, outlineProblems } from './dataset.js';
import { datasetMeta } from './dataset-file.js';
import type { Encoding } from './encoding/encoding.js';
import { GrowingInt32 } from './growing-int32.js';
import { type NpyArray, npyHeader, writeNpy } from './npy.js';
import { SpooledBytes } from './spooled-bytes.js';
import { writeZipFile, type ZipMember } from './zip-file.js';

export interface RowFormat {
  /** [H, W, channels] or [D]. */
  readonly sampleShape: readonly number[];
  /** Bytes stand for shares of 255, floats for themselves. */
  readonly valueType: 'uint8' | 'float32';
  /** Each row comes with its text. Absent: none does. */
  readonly hasTexts?: boolean;
}

/** What is known of the samples when all rows are written. */
export type RowOutline = Pick<DatasetOutline, 'classNames' | 'labels' | 'splits'> & {
  readonly encoding?: Encoding | undefined;
};

/** Of each sample, beside its row and its text: label, split and the text's end. */
const SAMPLE_BYTES = 9;
/** Room for the headers, and for the names of 65,536 classes. */
const OVERHEAD_BYTES = 32 * 1024 * 1024;

export class DatasetWriter {
  readonly format: RowFormat;
  readonly #folder: string;
  readonly #rows: SpooledBytes;
  readonly #texts: SpooledBytes | undefined;
  readonly #textEnds = new GrowingInt32();
  readonly #rowBytes: number;
  #rowCount = 0;

  private constructor(
    format: RowFormat,
    folder: string,
    rows: SpooledBytes,
    texts: SpooledBytes | undefined,
  ) {
    this.format = format;
    this.#folder = folder;
    this.#rows = rows;
    this.#texts = texts;
    const features = format.sampleShape.reduce((product, n) => product * n, 1);
    this.#rowBytes = features * (format.valueType === 'uint8' ? 1 : 4);
  }

  /** @param folder - an empty one, with room for the set twice; it is the caller's to remove. */
  static async open(folder: string, format: RowFormat): Promise<DatasetWriter> {
    const rows = await SpooledBytes.open(join(folder, 'rows'));
    const texts = format.hasTexts === true ? await SpooledBytes.open(join(folder, 'texts')) : undefined; // biome-ignore format: short
    return new DatasetWriter(format, folder, rows, texts);
  }

  /**
   * @param row - [...sampleShape], which the writer keeps: leave it as it is.
   * @param text - that it was made of, if rows come with texts.
   * @throws {LyceumError} INVALID_ARGUMENT if the set becomes greater than a set may be.
   */
  async append(row: Uint8Array | Float32Array, text = ''): Promise<void> {
    if (row.byteLength !== this.#rowBytes) {
      throw new ShapeMismatchError('row', this.format.sampleShape, [row.length]);
    }
    const textBytes = Buffer.from(text);
    const endBytes = (this.#texts?.sizeBytes ?? 0) + textBytes.length;
    const totalBytes = (this.#rowCount + 1) * (this.#rowBytes + SAMPLE_BYTES) + endBytes;
    if (totalBytes + OVERHEAD_BYTES > DATASET_MAX_BYTES) {
      const message = `the set becomes greater than ${DATASET_MAX_BYTES} bytes with sample ${this.#rowCount} of [${this.format.sampleShape}]; want fewer or smaller samples`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#rowCount += 1;
    await this.#rows.append(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
    if (this.#texts === undefined) return;
    await this.#texts.append(textBytes);
    this.#textEnds.push(endBytes);
  }

  /**
   * @returns the path of the set's file.
   * @throws {InvalidDocumentError} naming all that keeps rows and outline from being a data set.
   */
  async finish({ encoding, ...rows }: RowOutline): Promise<string> {
    await this.#rows.flush();
    await this.#texts?.flush();
    const outline: DatasetOutline = {
      ...rows,
      ...(encoding !== undefined && { encoding }),
      sampleShape: this.format.sampleShape,
      sampleCount: this.#rowCount,
      classCount: rows.classNames.length,
      inputScale: this.format.valueType === 'uint8' ? 1 / 255 : 1,
    };
    const problems = outlineProblems(outline);
    if (problems.length > 0) throw new InvalidDocumentError('data set', problems);
    const path = join(this.#folder, 'dataset.npz');
    const file = await open(path, 'wx');
    try {
      await writeZipFile(file, this.#members(outline));
    } finally {
      await file.close();
    }
    return path;
  }

  /** Call it last, finished or not. */
  async close(): Promise<void> {
    await this.#rows.close();
    await this.#texts?.close();
  }

  #members(outline: DatasetOutline): ZipMember[] {
    const { sampleShape, sampleCount, labels, splits } = outline;
    const { valueType } = this.format;
    const shape = [sampleCount];
    const members = [
      spooledArray('inputs.npy', valueType, [sampleCount, ...sampleShape], this.#rows),
      wholeMember('labels.npy', writeNpy({ dtype: 'int32', shape, data: labels })),
      wholeMember('splits.npy', writeNpy({ dtype: 'uint8', shape, data: splits })),
      wholeMember('meta.json', Buffer.from(datasetMeta(outline))),
    ];
    if (this.#texts === undefined) return members;
    const ends = Uint32Array.from(this.#textEnds.values());
    return [
      ...members,
      spooledArray('texts.npy', 'uint8', [this.#texts.sizeBytes], this.#texts),
      wholeMember('textEnds.npy', writeNpy({ dtype: 'uint32', shape, data: ends })),
    ];
  }
}

function spooledArray(
  name: string,
  dtype: NpyArray['dtype'],
  shape: readonly number[],
  spooled: SpooledBytes,
): ZipMember {
  const header = npyHeader(dtype, shape);
  return {
    name,
    sizeBytes: header.length + spooled.sizeBytes,
    chunks: (async function* () {
      yield header;
      yield* spooled.chunks();
    })(),
  };
}

function wholeMember(name: string, bytes: Buffer): ZipMember {
  return { name, sizeBytes: bytes.length, chunks: [bytes] };
}
