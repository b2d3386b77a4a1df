/** Rows of a table in memory, as their codec writes them: a row that is read is decoded, as it is from the file. */
import type { WordMemory } from '@lyceum/learning/codecs';
import type { AnswerRecords, SpareMemory } from '@lyceum/learning/records';

/** Rows of so many words and fewer are copied faster by a loop than by a call. */
const SHORT_ROW = 64;

export class RowsInMemory {
  /** By sample, [sampleCount, words of a row]; valid where `#isThere` says so. */
  readonly memory: WordMemory;
  readonly #records: Pick<AnswerRecords, 'codec' | 'decode'>;
  readonly #isThere: Uint8Array;

  constructor(
    records: Pick<AnswerRecords, 'codec' | 'decode'>,
    sampleCount: number,
    spare: SpareMemory,
  ) {
    this.#records = records;
    this.memory = spare.take(sampleCount * records.codec.wordCount);
    this.#isThere = new Uint8Array(sampleCount);
  }

  get byteLength(): number {
    return this.memory.bytes.length;
  }

  /** Of a sample that comes twice, the first row stays. */
  keep(sample: number, words: Uint32Array, at: number): void {
    if (this.#isThere[sample] === 1) return;
    this.#isThere[sample] = 1;
    const n = this.#records.codec.wordCount;
    const to = sample * n;
    if (n > SHORT_ROW) this.memory.words.set(words.subarray(at, at + n), to);
    else for (let i = 0; i < n; i++) this.memory.words[to + i] = words[at + i] as number;
  }

  forget(samples: Iterable<number>): void {
    for (const sample of samples) this.#isThere[sample] = 0;
  }

  hasAll(samples: Uint32Array): boolean {
    for (const sample of samples) if (this.#isThere[sample] !== 1) return false;
    return true;
  }

  /** @param out - [samples.length, rowLength]; every sample must be there. */
  read(samples: Uint32Array, out: Float32Array): void {
    const n = this.#records.codec.wordCount;
    // Beyond 2³² words there are no rows in memory.
    const starts = new Uint32Array(samples.length);
    for (let i = 0; i < samples.length; i++) starts[i] = (samples[i] as number) * n;
    this.#records.decode(this.memory, starts, out, 0);
  }
}
