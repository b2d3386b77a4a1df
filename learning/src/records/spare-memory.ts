/**
 * Memory that is used again. Left to the garbage collector, it would stop the event loop each time that some tens of
 * megabytes outside of the heap have been allocated.
 */
import { type WordMemory, wordMemory } from '../codecs/index.js';

export class SpareMemory {
  readonly #maxBytes: number;
  /** By count of words. */
  readonly #spare = new Map<number, WordMemory[]>();
  #bytes = 0;

  /** @param maxBytes - at most so much is kept; more is left to the garbage collector. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory of so many words, with its old contents. */
  take(wordCount: number): WordMemory {
    const memory = this.#spare.get(wordCount)?.pop();
    if (memory === undefined) return wordMemory(wordCount);
    this.#bytes -= memory.bytes.length;
    return memory;
  }

  /** The caller must not use the memory afterwards. */
  give(memory: WordMemory): void {
    const { length } = memory.bytes;
    if (length > this.#maxBytes) return;
    if (this.#bytes + length > this.#maxBytes) {
      // All sizes are dropped, so that those that are never asked for again do not stay.
      this.#spare.clear();
      this.#bytes = 0;
    }
    this.#bytes += length;
    const wordCount = memory.words.length;
    const sameSize = this.#spare.get(wordCount);
    if (sameSize === undefined) this.#spare.set(wordCount, [memory]);
    else sameSize.push(memory);
  }
}
