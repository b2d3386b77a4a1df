/**
 * A table of answers: its file, and for as long as the memory budget lets it, all its rows in memory, decoded.
 *
 * Writes go through one at a time, so that of two answers to one sample the first counts, and whoever wrote
 * the second waits until the first is written.
 */
import type { AnswerFile } from './answer-file.js';

/** Rows of so many numbers and fewer are copied faster by a loop than by a call. */
const SHORT_ROW = 64;

export class AnswerTable {
  readonly #file: AnswerFile;
  readonly #rowLength: number;
  readonly #sampleCount: number;
  /** Rows by sample, [sampleCount, rowLength]; valid where `#inMemory` says so. */
  #rows: Float32Array | undefined;
  #inMemory: Uint8Array | undefined;
  /** Settles once what the file held is in memory; undefined: rows are not kept. */
  #loaded: Promise<void> | undefined;
  #writes: Promise<void> = Promise.resolve();
  #dirty = false;

  constructor(
    file: AnswerFile,
    shape: { readonly sampleCount: number; readonly rowLength: number },
  ) {
    this.#file = file;
    this.#rowLength = shape.rowLength;
    this.#sampleCount = shape.sampleCount;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
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
    return this.#sampleCount * this.#rowLength * 4;
  }

  /**
   * Keeps the rows that come, and reads those that are there already: rows that are asked for in another order
   * than they came in would cost a system call each. Resolves once they are read.
   */
  keepInMemory(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  dropFromMemory(): void {
    this.#rows = undefined;
    this.#inMemory = undefined;
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
   * @param rows - [samples.length, rowLength]; borrowed until the promise resolves.
   * @throws {LyceumError} INVALID_ARGUMENT if the codec has nothing for a value; none of them is stored then.
   */
  put(samples: Uint32Array, rows: Float32Array): Promise<void> {
    const write = this.#writes.then(() => this.#append(samples, rows));
    this.#writes = write.catch(() => {});
    return write;
  }

  /**
   * Reads answers into `out`, [samples.length, rowLength].
   *
   * @returns the samples without an answer; their rows in `out` are undefined.
   */
  async read(samples: Uint32Array, out: Float32Array): Promise<readonly number[]> {
    const rows = this.#rows;
    const inMemory = this.#inMemory;
    if (rows !== undefined && samples.every((sample) => inMemory?.[sample] === 1)) {
      const n = this.#rowLength;
      for (let i = 0; i < samples.length; i++) copyRow(rows, samples[i] as number, out, i, n);
      return [];
    }
    const missing = await this.#file.read(samples, out);
    if (missing.length === 0) this.#remember(samples, out);
    return missing;
  }

  /** Resolves once all that was put is safe from a power cut. */
  async flush(): Promise<void> {
    await this.#writes;
    if (!this.#dirty) return;
    this.#dirty = false;
    try {
      await this.#file.sync();
    } catch (err) {
      this.#dirty = true;
      throw err;
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }

  /** A file that cannot be read through is read row by row, where its error concerns whoever asks. */
  async #load(): Promise<void> {
    const rows = new Float32Array(this.#sampleCount * this.#rowLength);
    const inMemory = new Uint8Array(this.#sampleCount);
    this.#rows = rows;
    this.#inMemory = inMemory;
    await this.#file.load(rows, inMemory).catch(() => {});
  }

  async #append(samples: Uint32Array, rows: Float32Array): Promise<void> {
    const count = this.missingCount(samples);
    if (count === 0) return;
    this.#dirty = true;
    if (count === samples.length) {
      this.#remember(samples, await this.#file.append(samples, rows));
      return;
    }
    const n = this.#rowLength;
    const freshSamples = new Uint32Array(count);
    const freshRows = new Float32Array(count * n);
    let j = 0;
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] as number;
      if (this.#file.has(sample)) continue;
      freshSamples[j] = sample;
      copyRow(rows, i, freshRows, j, n);
      j++;
    }
    this.#remember(freshSamples, await this.#file.append(freshSamples, freshRows));
  }

  #remember(samples: Uint32Array, rows: Float32Array): void {
    if (this.#rows === undefined || this.#inMemory === undefined) return;
    const n = this.#rowLength;
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] as number;
      if (this.#inMemory[sample] === 1) continue;
      copyRow(rows, i, this.#rows, sample, n);
      this.#inMemory[sample] = 1;
    }
  }
}

/** Row `i` becomes row `j` of `to`, both [·, n]. */
function copyRow(from: Float32Array, i: number, to: Float32Array, j: number, n: number): void {
  const start = i * n;
  const target = j * n;
  if (n > SHORT_ROW) to.set(from.subarray(start, start + n), target);
  else for (let c = 0; c < n; c++) to[target + c] = from[start + c] as number;
}
