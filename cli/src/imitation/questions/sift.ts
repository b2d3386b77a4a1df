/** Drops written texts that are not new: like an input, above all a held-out one, or like a written text. Pure. */
import { heldOutFirst, isHeldOut, NearTexts, wordsOf } from '@lyceum/learning/imitation';
import { type ImitationInput, inputId, TEXT_MAX_BYTES } from '../inputs/index.js';

/** Two texts are alike from this ROUGE-L on, as in Self-Instruct (Wang et al. 2023, §2.2). */
const ALIKE = 0.7;

interface KnownText {
  readonly id: string;
  readonly what: string;
}

export class Sift {
  readonly #near: NearTexts;
  readonly #known: KnownText[] = [];
  readonly #ids = new Set<string>();
  readonly #leastWords: number;

  /** @param written - texts that were kept before. */
  constructor(inputs: readonly ImitationInput[], written: readonly string[]) {
    const texts = inputs.map(({ value }) => ('text' in value ? value.text : ''));
    const words = texts.map(wordsOf);
    this.#near = new NearTexts(ALIKE, words);
    // The reason names the first known text that is alike, so held-out inputs, which matter most, come first.
    for (const row of heldOutFirst(inputs)) {
      const input = inputs[row] as ImitationInput;
      this.#near.add(words[row] as string[]);
      this.#knows(input.id, isHeldOut(input) ? ', which is held out' : '');
    }
    for (const text of written) {
      this.#near.add(wordsOf(text));
      this.#knows(inputId({ text }), ', which was written before');
    }
    const own = words.filter((_, row) => !isHeldOut(inputs[row] as ImitationInput));
    const least = own.reduce((so, { length }) => Math.min(so, length), Number.POSITIVE_INFINITY);
    this.#leastWords = Math.max(1, least);
  }

  /** @returns why the text is dropped; undefined: the text is new, and a known text from now on. */
  judge(text: string): string | undefined {
    if (Buffer.byteLength(text) > TEXT_MAX_BYTES) return `long: more than ${TEXT_MAX_BYTES} bytes`;
    const id = inputId({ text });
    if (this.#ids.has(id)) return `repeated: it is ${id}`;
    const words = wordsOf(text);
    if (words.length < this.#leastWords) {
      return `short: ${words.length} words, and the shortest input has ${this.#leastWords}`;
    }
    const like = this.#near.addUnlessLike(words);
    if (like === undefined) {
      this.#knows(id, ', which was written before');
      return undefined;
    }
    const known = this.#known[like.row] as KnownText;
    return `near-duplicate: as ${known.id}${known.what}, ROUGE-L ${like.rougeL.toFixed(2)}`;
  }

  #knows(id: string, what: string): void {
    this.#known.push({ id, what });
    this.#ids.add(id);
  }
}
