/**
 * A data set's file, written row by row: what `encodeDataset` gives, byte for byte, for sets that are read in a
 * stream. In memory are one buffer of rows, and of each sample its label and its split, 5 bytes.
 *
 * The file begins with the count of rows, which is known last. So rows go to a file beside it first.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DATASET_MAX_BYTES,
  InvalidDocumentError,
  LyceumError,
  ShapeMismatchError,
} from '@lyceum/proto';
import { type DatasetOutline, outlineProblems } from './dataset.js';
import { datasetMeta } from './dataset-file.js';
import { npyHeader, writeNpy } from './npy.js';
import { writeZipFile, type ZipMember } from './zip-file.js';

export interface RowFormat {
  /** [H, W, channels] or [D]. */
  readonly sampleShape: readonly number[];
  /** Bytes stand for shares of 255, floats for themselves. */
  readonly valueType: 'uint8' | 'float32';
}

/** What is known of the samples when all rows are written. */
export type RowOutline = Pick<DatasetOutline, 'classNames' | 'labels' | 'splits'>;

/** Rows are written to disk in pieces of about this many bytes. */
const BUFFER_BYTES = 1024 * 1024;
/** Of each sample, beside its row: label and split. */
const SAMPLE_BYTES = 5;
/** Room for the headers, and for the names of 65,536 classes. */
const OVERHEAD_BYTES = 32 * 1024 * 1024;

export class DatasetWriter {
  readonly format: RowFormat;
  readonly #folder: string;
  readonly #rows: FileHandle;
  readonly #rowBytes: number;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #rowCount = 0;

  private constructor(format: RowFormat, folder: string, rows: FileHandle) {
    this.format = format;
    this.#folder = folder;
    this.#rows = rows;
    const features = format.sampleShape.reduce((product, n) => product * n, 1);
    this.#rowBytes = features * (format.valueType === 'uint8' ? 1 : 4);
  }

  /** @param folder - an empty one, with room for the set twice; it is the caller's to remove. */
  static async open(folder: string, format: RowFormat): Promise<DatasetWriter> {
    return new DatasetWriter(format, folder, await open(join(folder, 'rows'), 'wx'));
  }

  /**
   * @param row - [...sampleShape], which the writer keeps: leave it as it is.
   * @throws {LyceumError} INVALID_ARGUMENT if the set becomes greater than a set may be.
   */
  async append(row: Uint8Array | Float32Array): Promise<void> {
    if (row.byteLength !== this.#rowBytes) {
      throw new ShapeMismatchError('row', this.format.sampleShape, [row.length]);
    }
    const totalBytes = (this.#rowCount + 1) * (this.#rowBytes + SAMPLE_BYTES);
    if (totalBytes + OVERHEAD_BYTES > DATASET_MAX_BYTES) {
      const message = `the set becomes greater than ${DATASET_MAX_BYTES} bytes with sample ${this.#rowCount} of [${this.format.sampleShape}]; want fewer or smaller samples`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#rowCount += 1;
    this.#buffered.push(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
    this.#bufferedBytes += row.byteLength;
    if (this.#bufferedBytes >= BUFFER_BYTES) await this.#flush();
  }

  /**
   * @returns the path of the set's file.
   * @throws {InvalidDocumentError} naming all that keeps rows and outline from being a data set.
   */
  async finish(rows: RowOutline): Promise<string> {
    await this.#flush();
    const outline: DatasetOutline = {
      ...rows,
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
  }

  #members(outline: DatasetOutline): ZipMember[] {
    const { sampleShape, sampleCount, labels, splits } = outline;
    const header = npyHeader(this.format.valueType, [sampleCount, ...sampleShape]);
    const rows = createReadStream(join(this.#folder, 'rows'), { highWaterMark: BUFFER_BYTES });
    const shape = [sampleCount];
    return [
      {
        name: 'inputs.npy',
        sizeBytes: header.length + sampleCount * this.#rowBytes,
        chunks: (async function* () {
          yield header;
          yield* rows as AsyncIterable<Buffer>;
        })(),
      },
      wholeMember('labels.npy', writeNpy({ dtype: 'int32', shape, data: labels })),
      wholeMember('splits.npy', writeNpy({ dtype: 'uint8', shape, data: splits })),
      wholeMember('meta.json', Buffer.from(datasetMeta(outline))),
    ];
  }

  async #flush(): Promise<void> {
    const buffered = this.#buffered;
    this.#buffered = [];
    this.#bufferedBytes = 0;
    if (buffered.length > 0) await this.#rows.writeFile(Buffer.concat(buffered));
  }
}

function wholeMember(name: string, bytes: Buffer): ZipMember {
  return { name, sizeBytes: bytes.length, chunks: [bytes] };
}
