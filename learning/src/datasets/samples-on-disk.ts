/** Reads single samples of a set's file without the rest of it in memory. Use it in threads: see `NpzOnDisk`. */
import { InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';
import { type ArrayOnDisk, NpzOnDisk } from '../files/index.js';
import { arrayName, meantModality } from './dataset.js';
import { readDatasetMeta } from './dataset-meta.js';
import type { TableColumn } from './table-cells.js';

/** The most bytes that UTF-8 takes for a character. */
const CHARACTER_MAX_BYTES = 4;

export class SamplesOnDisk {
  readonly sampleShape: readonly number[];
  readonly #file: NpzOnDisk;
  readonly #inputs: ArrayOnDisk;
  readonly #texts: ArrayOnDisk | undefined;
  readonly #ends: ArrayOnDisk | undefined;
  readonly #columns: readonly TableColumn[] | undefined;
  readonly #numbers: ArrayOnDisk | undefined;
  readonly #categories: ArrayOnDisk | undefined;
  readonly #categoryEnds: ArrayOnDisk | undefined;

  /**
   * Call `close` afterwards.
   *
   * @param path - of a set's file whose digest was checked.
   * @param modality - the modality that is read; undefined: the only one.
   * @throws {LyceumError} INVALID_ARGUMENT if the file is no set, or has no such modality.
   */
  constructor(path: string, modality: string | undefined) {
    const what = 'data set';
    this.#file = new NpzOnDisk(path, what);
    try {
      const problems: Problem[] = [];
      const meta = readDatasetMeta(this.#file.member('meta.json'), problems);
      if (meta === undefined) throw new InvalidDocumentError(what, problems);
      const name = meantModality(meta.modalities, modality);
      const inputs = name === undefined ? undefined : this.#file.array(arrayName('inputs', name));
      if (name === undefined || inputs === undefined) {
        throw new LyceumError('INVALID_ARGUMENT', `${what} has no modality ${modality ?? ''}`);
      }
      this.#inputs = inputs;
      this.sampleShape = inputs.shape.slice(1);
      this.#columns = meta.modalities.get(name)?.columns;
      this.#texts = this.#file.array(arrayName('texts', name));
      this.#ends = this.#file.array(arrayName('textEnds', name));
      this.#numbers = this.#file.array(arrayName('numbers', name));
      this.#categories = this.#file.array(arrayName('categories', name));
      this.#categoryEnds = this.#file.array(arrayName('categoryEnds', name));
    } catch (err) {
      this.close();
      throw err;
    }
  }

  /** The sample as the file has it, [...sampleShape]: bytes are not scaled. */
  inputs(sample: number): Uint8Array | Float32Array {
    return this.#inputs.rows(sample, sample + 1) as Uint8Array | Float32Array;
  }

  /** The beginning of the text that the sample was made of; undefined: there was none, or it is not kept. */
  text(sample: number, characters: number): string | undefined {
    if (this.#texts === undefined || this.#ends === undefined) return undefined;
    const [start, end] =
      sample === 0
        ? [0, this.#ends.rows(0, 1)[0]]
        : [...(this.#ends.rows(sample - 1, sample + 1) as Uint32Array)];
    return textOf(this.#texts, Number(start), Number(end), characters);
  }

  /**
   * The beginning of the row that the sample was made of, by column; null: missing. Undefined: there was no row.
   *
   * @param columnCount - at most. @param characters - of one text.
   */
  row(
    sample: number,
    columnCount: number,
    characters: number,
  ): { readonly column: string; readonly value: number | string | null }[] | undefined {
    if (this.#columns === undefined) return undefined;
    const numbers = this.#numbers?.rows(sample, sample + 1);
    const ends = this.#categoryEnds?.rows(sample, sample + 1);
    let start = sample === 0 ? 0 : Number(this.#categoryEnds?.rows(sample - 1, sample).at(-1) ?? 0);
    let [n, c] = [0, 0];
    return this.#columns.slice(0, columnCount).map(({ name: column, kind }) => {
      if (kind === 'number') {
        const value = Number(numbers?.[n++]);
        return { column, value: Number.isNaN(value) ? null : value };
      }
      const end = Number(ends?.[c++] ?? start);
      const value = textOf(this.#categories, start, end, characters);
      start = end;
      return { column, value: value === '' ? null : value };
    });
  }

  get columnCount(): number {
    return this.#columns?.length ?? 0;
  }

  close(): void {
    this.#file.close();
  }
}

/** The beginning of the text in bytes [start, end). */
function textOf(
  texts: ArrayOnDisk | undefined,
  start: number,
  end: number,
  characters: number,
): string {
  const last = Math.min(end, start + characters * CHARACTER_MAX_BYTES);
  const bytes = texts?.rows(start, last) as Uint8Array | undefined;
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return [...text].slice(0, characters).join('');
}
