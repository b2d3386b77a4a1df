/** Rows of a table in memory, as their codec writes them. */
import type { WordMemory } from '@lyceum/learning/codecs';
import type { SpareMemory } from '@lyceum/learning/records';
import { copyWords } from './copy-words.js';

export class RowsInMemory {
  /** By sample, [sampleCount, words of a row]; valid where `#isThere` says so. */
  readonly memory: WordMemory;
  readonly #rowWords: number;
  readonly #isThere: Uint8Array;

  constructor(rowWords: number, sampleCount: number, spare: SpareMemory) {
    this.#rowWords = rowWords;
    this.memory = spare.take(sampleCount * rowWords);
    this.#isThere = new Uint8Array(sampleCount);
  }

  get byteLength(): number {
    return this.memory.bytes.length;
  }

  /** Keeps a row. If a sample comes twice, its first row stays. */
  keep(sample: number, words: Uint32Array, at: number): void {
    if (this.#isThere[sample] === 1) return;
    this.#isThere[sample] = 1;
    copyWords(words, at, this.memory.words, sample * this.#rowWords, this.#rowWords);
  }

  forget(samples: Iterable<number>): void {
    for (const sample of samples) this.#isThere[sample] = 0;
  }

  hasAll(samples: Uint32Array): boolean {
    for (const sample of samples) if (this.#isThere[sample] !== 1) return false;
    return true;
  }

  /** @param out - [samples.length, words of a row]; every sample must be there. */
  read(samples: Uint32Array, out: Uint32Array): void {
    const n = this.#rowWords;
    for (let i = 0; i < samples.length; i++) {
      copyWords(this.memory.words, (samples[i] as number) * n, out, i * n, n);
    }
  }
}
