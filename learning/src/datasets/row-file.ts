/**
 * Rows of one shape on disk, perhaps each with the text that it was made of: written one by one, read back in any order.
 * In memory are a few rows, and where each text ends.
 */
import { DATASET_MAX_BYTES, elementCount, LyceumError, ShapeMismatchError } from '@lyceum/proto';
import { GrowingInt32 } from '../arrays/index.js';
import { type Span, SpooledBytes } from '../files/index.js';
import type { ValueType } from './dataset.js';

export interface RowFormat {
  /** [H, W, channels] or [D]. */
  readonly sampleShape: readonly number[];
  /** Bytes stand for shares of 255, floats for themselves. */
  readonly valueType: ValueType;
  /** Each row comes with its text. Absent: none does. */
  readonly hasTexts?: boolean;
}

export class RowFile {
  readonly format: RowFormat;
  readonly rowBytes: number;
  readonly #rows: SpooledBytes;
  readonly #texts: SpooledBytes | undefined;
  readonly #textEnds = new GrowingInt32();
  #rowCount = 0;

  private constructor(format: RowFormat, rows: SpooledBytes, texts: SpooledBytes | undefined) {
    this.format = format;
    this.#rows = rows;
    this.#texts = texts;
    const features = elementCount(format.sampleShape);
    this.rowBytes = features * (format.valueType === 'uint8' ? 1 : 4);
  }

  /** @param path - of files that are not there yet, this one and `path-texts`; they are the caller's to remove. */
  static async open(path: string, format: RowFormat): Promise<RowFile> {
    const rows = await SpooledBytes.open(path);
    const hasTexts = format.hasTexts === true;
    const texts = hasTexts ? await SpooledBytes.open(`${path}-texts`) : undefined;
    return new RowFile(format, rows, texts);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * @param row - [...sampleShape], which the file keeps: leave it as it is.
   * @param text - that it was made of, if rows come with texts.
   * @throws {LyceumError} INVALID_ARGUMENT if the rows become more than a set may hold.
   */
  async append(row: Uint8Array | Float32Array, text = ''): Promise<void> {
    const { sampleShape } = this.format;
    if (row.byteLength !== this.rowBytes) {
      throw new ShapeMismatchError('row', sampleShape, [row.length]);
    }
    const textBytes = Buffer.from(text);
    const textEnd = (this.#texts?.sizeBytes ?? 0) + textBytes.length;
    if ((this.#rowCount + 1) * this.rowBytes + textEnd > DATASET_MAX_BYTES) {
      const message = `the set becomes greater than ${DATASET_MAX_BYTES} bytes with sample ${this.#rowCount} of [${sampleShape}]; want fewer or smaller samples, or pictures in shards (datasets register)`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#rowCount += 1;
    await this.#rows.append(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
    if (this.#texts === undefined) return;
    await this.#texts.append(textBytes);
    this.#textEnds.push(textEnd);
  }

  /** The rows of these numbers, one after another, in pieces. */
  read(rows: Uint32Array): AsyncIterable<Buffer> {
    const { rowBytes } = this;
    return this.#rows.read(
      spansOf(rows, (row) => ({ start: row * rowBytes, end: (row + 1) * rowBytes })),
    );
  }

  /** The texts of these rows in UTF-8, one after another in pieces, and where each ends; undefined: there are none. */
  texts(
    rows: Uint32Array,
  ): { readonly ends: Uint32Array; readonly chunks: AsyncIterable<Buffer> } | undefined {
    if (this.#texts === undefined) return undefined;
    const all = this.#textEnds.values();
    const spanOf = (row: number): Span => ({ start: all[row - 1] ?? 0, end: all[row] as number });
    let end = 0;
    const ends = rows.map((row) => {
      const span = spanOf(row);
      end += span.end - span.start;
      return end;
    });
    return { ends, chunks: this.#texts.read(spansOf(rows, spanOf)) };
  }

  /** Call it last. */
  async close(): Promise<void> {
    await this.#rows.close();
    await this.#texts?.close();
  }
}

/** 0, 1, …, count − 1. */
export function allRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

function* spansOf(rows: Uint32Array, spanOf: (row: number) => Span): Generator<Span> {
  for (const row of rows) yield spanOf(row);
}
