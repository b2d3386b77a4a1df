/**
 * Which of some texts are nearly one that came before, by ROUGE-L. Exact, and without comparing each with each.
 *
 * Symbols: |a| words of a text; L(a, b) the length of their longest common subsequence of words; t the threshold.
 *
 *   ROUGE-L = 2 L / (|a| + |b|), the harmonic mean of L / |a| and L / |b|.
 *
 * ROUGE-L ≥ t needs t (|a| + |b|) / 2 common words, hence |b| ≥ |a| t / (2 − t), hence |a| t / (2 − t) common words at
 * least. Of words in one order for all texts, the rarest first, two such texts then share one among the first
 * |a| − ⌈|a| t / (2 − t)⌉ + 1 of each: only these are looked up, and where they stand says how many words can be common.
 *
 * @see Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries, §3
 * @see Xiao et al. 2008, Efficient Similarity Joins for Near Duplicate Detection, §3, for prefixes and positions
 */

export interface NearDuplicate {
  /** Of the text that it is like. */
  readonly row: number;
  readonly rougeL: number;
}

/** Where a word stands in a text that is kept. */
interface Posting {
  /** In `order`. */
  readonly place: number;
  readonly position: number;
}

/** What products of fractions may be off. */
const ROUNDING = 1e-9;

/**
 * @param texts - [N], words. A text without words is like no other.
 * @param order - rows, in the order in which they are kept.
 * @returns by row, for each that is like one that is kept: the first of these.
 */
export function nearDuplicates(
  texts: readonly (readonly string[])[],
  threshold: number,
  order: readonly number[],
): Map<number, NearDuplicate> {
  const sets = rarestFirst(texts);
  const keptBy = new Map<number, Posting[]>();
  const found = new Map<number, NearDuplicate>();
  for (const [place, row] of order.entries()) {
    const own = sets[row] as Int32Array;
    const common = Math.ceil((own.length * threshold) / (2 - threshold) - ROUNDING);
    const prefix = own.subarray(0, Math.max(0, own.length - common + 1));
    const setAt = (other: number) => sets[order[other] as number] as Int32Array;
    const places = candidates(own, prefix, keptBy, setAt, threshold);
    const like = firstLike(texts[row] as readonly string[], places, texts, order, threshold);
    if (like !== undefined) {
      found.set(row, like);
      continue;
    }
    for (const [position, word] of prefix.entries()) {
      const postings = keptBy.get(word);
      if (postings === undefined) keptBy.set(word, [{ place, position }]);
      else postings.push({ place, position });
    }
  }
  return found;
}

/** Places of the kept texts that can have enough words in common, ascending. */
function candidates(
  own: Int32Array,
  prefix: Int32Array,
  keptBy: ReadonlyMap<number, readonly Posting[]>,
  setAt: (place: number) => Int32Array,
  threshold: number,
): number[] {
  /** By place: words of both prefixes in common so far; −1: it cannot be. */
  const shared = new Map<number, number>();
  for (const [position, word] of prefix.entries()) {
    for (const { place, position: there } of keptBy.get(word) ?? []) {
      const before = shared.get(place) ?? 0;
      if (before < 0) continue;
      const other = setAt(place).length;
      const want = (threshold * (own.length + other)) / 2 - ROUNDING;
      const most = before + Math.min(own.length - position, other - there);
      shared.set(place, most >= want ? before + 1 : -1);
    }
  }
  const possible = [...shared].flatMap(([place, count]) => {
    if (count < 0) return [];
    const other = setAt(place);
    const want = (threshold * (own.length + other.length)) / 2 - ROUNDING;
    return commonCount(own, other) >= want ? [place] : [];
  });
  return possible.sort((a, b) => a - b);
}

/** @param places - in `order`, ascending. */
function firstLike(
  words: readonly string[],
  places: readonly number[],
  texts: readonly (readonly string[])[],
  order: readonly number[],
  threshold: number,
): NearDuplicate | undefined {
  for (const place of places) {
    const row = order[place] as number;
    const value = rougeL(words, texts[row] as readonly string[]);
    if (value >= threshold) return { row, rougeL: value };
  }
  return undefined;
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

/** Of two ascending lists. */
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

/**
 * Each text's words as numbers, ascending: by how many texts have a word, the rarest first. A word that comes again in a
 * text counts as another one there.
 */
function rarestFirst(texts: readonly (readonly string[])[]): Int32Array[] {
  const counts = new Map<string, number>();
  const keyed = texts.map((words) => {
    const times = new Map<string, number>();
    return words.map((word) => {
      const time = (times.get(word) ?? 0) + 1;
      times.set(word, time);
      const key = time === 1 ? word : `${word} ${time}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return key;
    });
  });
  const sorted = [...counts].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1));
  const rank = new Map(sorted.map(([key], k) => [key, k]));
  return keyed.map((keys) => Int32Array.from(keys, (key) => rank.get(key) as number).sort());
}
