/**
 * Memory that is used again instead of being left to the garbage collector, which stops the event loop each time that
 * some tens of megabytes outside of its heap have been allocated.
 */
import { type WordMemory, wordMemory } from '../codecs/index.js';

export class SpareMemory {
  readonly #maxBytes: number;
  /** By their count of words. */
  readonly #spare = new Map<number, WordMemory[]>();
  #bytes = 0;

  /** @param maxBytes - kept at most; what is given beyond them is let go. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** So many words, holding whatever they held before. */
  take(wordCount: number): WordMemory {
    const memory = this.#spare.get(wordCount)?.pop();
    if (memory === undefined) return wordMemory(wordCount);
    this.#bytes -= memory.bytes.length;
    return memory;
  }

  /** The giver must not touch it any more. */
  give(memory: WordMemory): void {
    const { length } = memory.bytes;
    if (length > this.#maxBytes) return;
    if (this.#bytes + length > this.#maxBytes) {
      // Sizes that nobody wants any more go with the others.
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
