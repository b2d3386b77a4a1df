/**
 * Rows of one shape on disk, perhaps each with the texts and numbers that it was made of. They are written one by one
 * and read back in any order. Memory holds a few rows, and where each text ends.
 */
import { DATASET_MAX_BYTES, elementCount, LyceumError, shapeMismatch } from '@lyceum/proto';
import { GrowingInt32 } from '../arrays/index.js';
import { type Span, SpooledBytes } from '../files/index.js';
import type { ValueType } from './dataset.js';

export interface RowFormat {
  /** [H, W, channels] or [D]. */
  readonly sampleShape: readonly number[];
  /** Bytes mean value / 255, floats mean themselves. */
  readonly valueType: ValueType;
  /** How many texts and numbers come with each row. Absent: none. */
  readonly raw?: { readonly textCount: number; readonly numberCount: number };
}

/** The texts and numbers that a row was made of. */
export interface RawRow {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

const NOTHING: RawRow = { texts: [], numbers: [] };

const NUMBER_BYTES = Float64Array.BYTES_PER_ELEMENT;

export class RowFile {
  readonly format: RowFormat;
  readonly rowBytes: number;
  readonly #rows: SpooledBytes;
  readonly #texts: SpooledBytes | undefined;
  readonly #textEnds = new GrowingInt32();
  readonly #numbers: SpooledBytes | undefined;
  #rowCount = 0;

  private constructor(
    format: RowFormat,
    rows: SpooledBytes,
    texts: SpooledBytes | undefined,
    numbers: SpooledBytes | undefined,
  ) {
    this.format = format;
    this.#rows = rows;
    this.#texts = texts;
    this.#numbers = numbers;
    const features = elementCount(format.sampleShape);
    this.rowBytes = features * (format.valueType === 'uint8' ? 1 : 4);
  }

  /** @param path - names files that do not exist yet: this one and `path-…`. The caller removes them. */
  static async open(path: string, format: RowFormat): Promise<RowFile> {
    const { textCount = 0, numberCount = 0 } = format.raw ?? {};
    const rows = await SpooledBytes.open(path);
    const texts = textCount > 0 ? await SpooledBytes.open(`${path}-texts`) : undefined;
    const numbers = numberCount > 0 ? await SpooledBytes.open(`${path}-numbers`) : undefined;
    return new RowFile(format, rows, texts, numbers);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * @param row - [...sampleShape]. The file keeps the array: do not change it afterwards.
   * @param raw - what the row was made of; the format says how much of it there is.
   * @throws {LyceumError} INVALID_ARGUMENT if the rows become more than a set may hold.
   */
  async append(row: Uint8Array | Float32Array, raw: RawRow = NOTHING): Promise<void> {
    const { sampleShape } = this.format;
    if (row.byteLength !== this.rowBytes) {
      throw shapeMismatch('row', sampleShape, [row.length]);
    }
    const texts = raw.texts.map((text) => Buffer.from(text));
    const textBytes = texts.reduce((sum, { length }) => sum + length, this.#texts?.sizeBytes ?? 0);
    const fixedBytes = this.rowBytes + raw.numbers.length * NUMBER_BYTES;
    if ((this.#rowCount + 1) * fixedBytes + textBytes > DATASET_MAX_BYTES) {
      const message = `the set becomes greater than ${DATASET_MAX_BYTES} bytes with sample ${this.#rowCount} of [${sampleShape}]; want fewer or smaller samples, or pictures in shards (datasets register)`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#rowCount += 1;
    await this.#rows.append(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
    for (const text of texts) {
      await this.#texts?.append(text);
      this.#textEnds.push(this.#texts?.sizeBytes ?? 0);
    }
    const numbers = Float64Array.from(raw.numbers);
    await this.#numbers?.append(new Uint8Array(numbers.buffer));
  }

  /** The rows of these numbers, one after another, in pieces. */
  read(rows: Uint32Array): AsyncIterable<Buffer> {
    return this.#rows.read(spansOf(rows, this.rowBytes));
  }

  /** The numbers of these rows as float64, one after another in pieces; undefined: there are none. */
  numbers(rows: Uint32Array): AsyncIterable<Buffer> | undefined {
    const { numberCount = 0 } = this.format.raw ?? {};
    return this.#numbers?.read(spansOf(rows, numberCount * NUMBER_BYTES));
  }

  /** The texts of these rows in UTF-8, one after another in pieces, and where each ends; undefined: there are none. */
  texts(
    rows: Uint32Array,
  ): { readonly ends: Uint32Array; readonly chunks: AsyncIterable<Buffer> } | undefined {
    if (this.#texts === undefined) return undefined;
    const all = this.#textEnds.values();
    const { textCount = 0 } = this.format.raw ?? {};
    const ends = new Uint32Array(rows.length * textCount);
    let end = 0;
    for (const [place, row] of rows.entries()) {
      for (let k = 0; k < textCount; k++) {
        const text = row * textCount + k;
        end += (all[text] as number) - (all[text - 1] ?? 0);
        ends[place * textCount + k] = end;
      }
    }
    return { ends, chunks: this.#texts.read(textSpans(rows, textCount, all)) };
  }

  /** Must be the last call. */
  async close(): Promise<void> {
    await this.#rows.close();
    await this.#texts?.close();
    await this.#numbers?.close();
  }
}

/** 0, 1, …, count − 1. */
export function allRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

function* spansOf(rows: Uint32Array, rowBytes: number): Generator<Span> {
  for (const row of rows) yield { start: row * rowBytes, end: (row + 1) * rowBytes };
}

/** @param ends - ends of all texts, `textCount` a row. */
function* textSpans(rows: Uint32Array, textCount: number, ends: Int32Array): Generator<Span> {
  for (const row of rows) {
    const first = row * textCount;
    yield { start: ends[first - 1] ?? 0, end: ends[first + textCount - 1] as number };
  }
}
