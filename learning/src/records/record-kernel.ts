/** The kernel of records (`learning/wasm/records.ts`), for rows that are long enough for it. */
import { type Kernel, openKernel, rowsOfBlock } from '../kernels/index.js';

interface Functions {
  encodeFloat16(values: number, rows: number, classes: number, out: number, stride: number): number;
  decodeFloat16(words: number, stride: number, rows: number, classes: number, out: number): void;
  sumRecords(records: number, rows: number, words: number, sums: number): void;
}

/** The kernel for records whose rows are in float16. */
export class RecordKernel {
  readonly #kernel: Kernel<Functions>;

  private constructor(kernel: Kernel<Functions>) {
    this.#kernel = kernel;
  }

  /** This thread's kernel; undefined: the machine has no SIMD. */
  static open(): RecordKernel | undefined {
    const kernel = openKernel<Functions>('records');
    return kernel && new RecordKernel(kernel);
  }

  /**
   * Encodes records of `classes` logits each, in float16.
   *
   * @param rows - [samples.length, classes]
   * @param words - words of all records; written only if the result is undefined.
   * @returns the first row with a value that has no finite binary16; undefined: there is none.
   */
  encode(
    samples: ArrayLike<number>,
    rows: Float32Array,
    classes: number,
    words: Uint32Array,
  ): number | undefined {
    const { functions } = this.#kernel;
    const wordCount = words.length / samples.length;
    const perBlock = blockRows(classes);
    for (let first = 0; first < samples.length; first += perBlock) {
      const count = Math.min(perBlock, samples.length - first);
      const { at, memory } = this.#kernel.room(
        4 * count * classes,
        4 * count * wordCount,
        4 * count,
      );
      const [values, records, sums] = at as [number, number, number];
      const block = rows.subarray(first * classes, (first + count) * classes);
      new Float32Array(memory, values, block.length).set(block);
      const refused = functions.encodeFloat16(values, count, classes, records + 4, 4 * wordCount);
      if (refused >= 0) return first + Math.floor(refused / classes);
      const own = new Uint32Array(memory, records, count * wordCount);
      for (let i = 0; i < count; i++) own[i * wordCount] = samples[first + i] as number;
      functions.sumRecords(records, count, wordCount, sums);
      const summed = new Uint32Array(memory, sums, count);
      for (let i = 0; i < count; i++) own[(i + 1) * wordCount - 1] = summed[i] as number;
      words.set(own, first * wordCount);
    }
    return undefined;
  }

  /** Decodes [count, rowWords] of float16 to [count, classes]. */
  decode(
    words: Uint32Array,
    count: number,
    rowWords: number,
    rows: Float32Array,
    classes: number,
  ): void {
    const perBlock = blockRows(classes);
    for (let first = 0; first < count; first += perBlock) {
      const own = Math.min(perBlock, count - first);
      const { at, memory } = this.#kernel.room(4 * own * rowWords, 4 * own * classes);
      const [from, to] = at as [number, number];
      const block = words.subarray(first * rowWords, (first + own) * rowWords);
      new Uint32Array(memory, from, block.length).set(block);
      this.#kernel.functions.decodeFloat16(from, 4 * rowWords, own, classes, to);
      rows.set(new Float32Array(memory, to, own * classes), first * classes);
    }
  }

  /** The checksums of `count` records that lie one behind the other from the first word on. */
  sums(words: Uint32Array, wordCount: number, count: number): Uint32Array {
    const out = new Uint32Array(count);
    const perBlock = blockRows(wordCount);
    for (let first = 0; first < count; first += perBlock) {
      const rows = Math.min(perBlock, count - first);
      const { at, memory } = this.#kernel.room(4 * rows * wordCount, 4 * rows);
      const [records, sums] = at as [number, number];
      const block = words.subarray(first * wordCount, (first + rows) * wordCount);
      new Uint32Array(memory, records, block.length).set(block);
      this.#kernel.functions.sumRecords(records, rows, wordCount, sums);
      out.set(new Uint32Array(memory, sums, rows), first);
    }
    return out;
  }
}

/** Rows of a block, a multiple of four: four checksums are computed at a time. */
function blockRows(numbers: number): number {
  return Math.max(4, rowsOfBlock(numbers));
}
