/**
 * A table of answers: its file, and for as long as the memory budget lets it, all its rows in memory.
 *
 * Writes go through one at a time, so that of two answers to one sample the first counts, and the writer of
 * the second waits until the first is written.
 */

import type { SpareMemory } from '@lyceum/learning/records';
import type { AnswerFile, RecordRange } from './answer-file.js';
import { RowsInMemory } from './rows-in-memory.js';

export class AnswerTable {
  readonly #file: AnswerFile;
  readonly #sampleCount: number;
  readonly #spare: SpareMemory;
  #rows: RowsInMemory | undefined;
  /** Settles once what the file held is in memory; undefined: rows are not kept. */
  #loaded: Promise<void> | undefined;
  #writes: Promise<void> = Promise.resolve();
  #dirty = false;
  /** The last sync of the file. */
  #synced: Promise<void> = Promise.resolve();

  constructor(file: AnswerFile, shape: { readonly sampleCount: number }, spare: SpareMemory) {
    this.#file = file;
    this.#spare = spare;
    this.#sampleCount = shape.sampleCount;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** Records in its file. */
  get recordCount(): number {
    return this.#file.recordCount;
  }

  get indexBytes(): number {
    return this.#file.indexBytes;
  }

  /** Bytes of memory that its rows take while they are kept. */
  get memoryBytes(): number {
    return this.#rows?.byteLength ?? 0;
  }

  /** Bytes that {@link keepInMemory} would take. */
  get rowBytes(): number {
    return 4 * this.#sampleCount * this.#file.records.codec.wordCount;
  }

  /**
   * Keeps all rows in memory: reads the stored ones, and adds each that comes. Without it, rows that are asked for in
   * another order than they came would cost a system call each. Resolves once the stored ones are read.
   */
  keepInMemory(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  dropFromMemory(): void {
    const rows = this.#rows;
    // A load under way may still write into these rows.
    if (rows !== undefined) void this.#loaded?.then(() => this.#spare.give(rows.memory));
    this.#rows = undefined;
    this.#loaded = undefined;
  }

  /** How many of the samples have no answer yet. */
  missingCount(samples: Uint32Array): number {
    let count = 0;
    for (const sample of samples) if (!this.#file.has(sample)) count++;
    return count;
  }

  /**
   * Stores answers where there are none yet. Resolves once they are written (not yet safe from a power cut).
   *
   * @param records - one a sample, in its order; borrowed until the promise resolves.
   * @returns the records that were written: none for a sample that had an answer already.
   */
  put(samples: Uint32Array, records: Uint32Array): Promise<RecordRange> {
    return this.#inTurn(() => this.#append(samples, records));
  }

  /** The samples whose answers are in these records. */
  samplesIn(range: RecordRange): number[] {
    return this.#file.samplesIn(range);
  }

  /** Forgets the answers in these records. @returns their samples. */
  drop(range: RecordRange): Promise<number[]> {
    return this.#inTurn(async () => {
      // A load under way would put a dropped row back.
      await this.#loaded;
      this.#rows?.forget(this.samplesIn(range));
      return this.#file.drop(range);
    });
  }

  /**
   * Reads rows' words into `out`, [samples.length, words of a row].
   *
   * @returns the samples without an answer; their rows in `out` are undefined.
   */
  async read(samples: Uint32Array, out: Uint32Array): Promise<readonly number[]> {
    if (this.#rows?.hasAll(samples)) {
      this.#rows.read(samples, out);
      return [];
    }
    return this.#file.read(samples, out);
  }

  /** Resolves once all that was put is safe from a power cut. */
  async flush(): Promise<void> {
    await this.#writes;
    if (this.#dirty) this.#synced = this.#sync();
    // Another caller may have begun it.
    await this.#synced;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
      this.dropFromMemory();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const write = this.#writes.then(work);
    this.#writes = write.then(
      () => {},
      () => {},
    );
    return write;
  }

  async #sync(): Promise<void> {
    this.#dirty = false;
    try {
      await this.#file.sync();
    } catch (err) {
      this.#dirty = true;
      throw err;
    }
  }

  /** A file that cannot be read as a whole is read row by row later; only reads of its bad rows fail then. */
  async #load(): Promise<void> {
    const rows = new RowsInMemory(
      this.#file.records.codec.wordCount,
      this.#sampleCount,
      this.#spare,
    );
    this.#rows = rows;
    await this.#file.load((sample, words, at) => rows.keep(sample, words, at)).catch(() => {});
  }

  async #append(samples: Uint32Array, records: Uint32Array): Promise<RecordRange> {
    const first = this.#file.recordCount;
    const count = this.missingCount(samples);
    if (count === 0) return { first, end: first };
    this.#dirty = true;
    const fresh =
      count === samples.length ? { samples, records } : this.#freshOnes(samples, records);
    await this.#file.append(fresh.samples, fresh.records, (sample, words, at) =>
      this.#rows?.keep(sample, words, at),
    );
    return { first, end: this.#file.recordCount };
  }

  /** The samples, with their records, that have no answer yet. */
  #freshOnes(
    samples: Uint32Array,
    records: Uint32Array,
  ): { samples: Uint32Array; records: Uint32Array } {
    const n = this.#file.records.wordCount;
    const indices = Array.from(samples.keys()).filter((i) => !this.#file.has(samples[i] as number));
    const fresh = new Uint32Array(indices.length * n);
    for (const [j, i] of indices.entries()) fresh.set(records.subarray(i * n, (i + 1) * n), j * n);
    return { samples: Uint32Array.from(indices, (i) => samples[i] as number), records: fresh };
  }
}
