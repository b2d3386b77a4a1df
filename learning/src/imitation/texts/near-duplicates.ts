/**
 * Finds texts that are nearly equal to an earlier one, by ROUGE-L. Exact, but does not compare each text with each.
 *
 * Symbols: |a| words of a text; L(a, b) the length of their longest common subsequence of words; t the threshold.
 *
 *   ROUGE-L = 2 L / (|a| + |b|), the harmonic mean of L / |a| and L / |b|.
 *
 * ROUGE-L ≥ t needs t (|a| + |b|) / 2 common words, hence |b| ≥ |a| t / (2 − t), hence at least |a| t / (2 − t) common
 * words. Sort the words of every text in one order, the rarest first: two such texts then share a word among the first
 * |a| − ⌈|a| t / (2 − t)⌉ + 1 words of each. Only these words are looked up, and their positions bound how many words
 * can be common.
 *
 * @see Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries, §3
 * @see Xiao et al. 2008, Efficient Similarity Joins for Near Duplicate Detection, §3, for prefixes and positions
 */

export interface NearDuplicate {
  /** Row of the earlier text that it is like. */
  readonly row: number;
  readonly rougeL: number;
}

/** The place of a text that was added, and a word's position in it. */
interface Posting {
  readonly place: number;
  readonly position: number;
}

interface AddedText {
  readonly words: readonly string[];
  /** Numbers of its words, ascending: the rarest first. */
  readonly ranks: Int32Array;
}

/** How far rounding may move products of fractions. */
const ROUNDING = 1e-9;

/**
 * @param texts - [N], each as words. A text without words is like no other.
 * @param order - rows, in the order in which texts are looked at.
 * @returns for each row that is like a kept one: the first kept row that it is like.
 */
export function nearDuplicates(
  texts: readonly (readonly string[])[],
  threshold: number,
  order: readonly number[],
): Map<number, NearDuplicate> {
  const kept: number[] = [];
  const near = new NearTexts(threshold, texts);
  const found = new Map<number, NearDuplicate>();
  for (const row of order) {
    const like = near.addUnlessLike(texts[row] as readonly string[]);
    if (like === undefined) kept.push(row);
    else found.set(row, { ...like, row: kept[like.row] as number });
  }
  return found;
}

/**
 * Texts that are added one after the other. Finds the first of them that a further text is like. Rows count added
 * texts.
 */
export class NearTexts {
  readonly #threshold: number;
  readonly #ranks: Map<string, number>;
  readonly #added: AddedText[] = [];
  readonly #postings = new Map<number, Posting[]>();
  #unknown = 0;

  /** @param usual - texts that say how rare words are. They affect speed only. */
  constructor(threshold: number, usual: readonly (readonly string[])[]) {
    this.#threshold = threshold;
    this.#ranks = rarestFirst(usual);
  }

  add(words: readonly string[]): void {
    this.#add({ words, ranks: this.#ranksOf(words) });
  }

  /** @returns the first text that it is like; undefined: there is none, and the words were added. */
  addUnlessLike(words: readonly string[]): NearDuplicate | undefined {
    const text = { words, ranks: this.#ranksOf(words) };
    const like = this.#firstLike(text);
    if (like === undefined) this.#add(text);
    return like;
  }

  #add(text: AddedText): void {
    const place = this.#added.push(text) - 1;
    for (const [position, word] of this.#prefix(text.ranks).entries()) {
      const postings = this.#postings.get(word);
      if (postings === undefined) this.#postings.set(word, [{ place, position }]);
      else postings.push({ place, position });
    }
  }

  #firstLike({ words, ranks }: AddedText): NearDuplicate | undefined {
    for (const row of this.#candidates(ranks)) {
      const value = rougeL(words, this.#textAt(row).words);
      if (value >= this.#threshold) return { row, rougeL: value };
    }
    return undefined;
  }

  #prefix(ranks: Int32Array): Int32Array {
    const common = Math.ceil((ranks.length * this.#threshold) / (2 - this.#threshold) - ROUNDING);
    return ranks.subarray(0, Math.max(0, ranks.length - common + 1));
  }

  /** Places of the texts that can have enough words in common, ascending. */
  #candidates(own: Int32Array): number[] {
    const wantedOf = (other: Int32Array) =>
      (this.#threshold * (own.length + other.length)) / 2 - ROUNDING;
    /** By place: common words of both prefixes so far; −1: not enough words can be common. */
    const shared = new Map<number, number>();
    for (const [position, word] of this.#prefix(own).entries()) {
      for (const { place, position: there } of this.#postings.get(word) ?? []) {
        const before = shared.get(place) ?? 0;
        if (before < 0) continue;
        const other = this.#textAt(place).ranks;
        const most = before + Math.min(own.length - position, other.length - there);
        shared.set(place, most >= wantedOf(other) ? before + 1 : -1);
      }
    }
    const possible = [...shared].flatMap(([place, count]) => {
      if (count < 0) return [];
      const other = this.#textAt(place).ranks;
      return commonCount(own, other) >= wantedOf(other) ? [place] : [];
    });
    return possible.sort((a, b) => a - b);
  }

  #textAt(place: number): AddedText {
    return this.#added[place] as AddedText;
  }

  #ranksOf(words: readonly string[]): Int32Array {
    return Int32Array.from(keysOf(words), (key) => this.#rankOf(key)).sort();
  }

  /** Unknown words come before all others: they are the rarest. */
  #rankOf(key: string): number {
    const known = this.#ranks.get(key);
    if (known !== undefined) return known;
    this.#unknown += 1;
    this.#ranks.set(key, -this.#unknown);
    return -this.#unknown;
  }
}

/** 2 L(a, b) / (|a| + |b|); 0 for two texts without words. */
export function rougeL(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 0;
  return (2 * commonSubsequence(a, b)) / (a.length + b.length);
}

function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  let row = new Uint32Array(b.length + 1);
  for (const word of a) {
    for (let j = 1; j <= b.length; j++) {
      row[j] =
        word === b[j - 1]
          ? (above[j - 1] as number) + 1
          : Math.max(above[j] as number, row[j - 1] as number);
    }
    [above, row] = [row, above];
  }
  return above[b.length] as number;
}

/** How many numbers two ascending lists have in common. */
function commonCount(a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = (a[i] as number) - (b[j] as number);
    if (difference === 0) count += 1;
    if (difference <= 0) i += 1;
    if (difference >= 0) j += 1;
  }
  return count;
}

/** Each word's rank: by how many texts have it, the rarest first. */
function rarestFirst(texts: readonly (readonly string[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of texts) {
    for (const key of keysOf(words)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1));
  return new Map(sorted.map(([key], k) => [key, k]));
}

/** A word that occurs again in a text counts as another word there. */
function keysOf(words: readonly string[]): string[] {
  const times = new Map<string, number>();
  return words.map((word) => {
    const time = (times.get(word) ?? 0) + 1;
    times.set(word, time);
    return time === 1 ? word : `${word} ${time}`;
  });
}
