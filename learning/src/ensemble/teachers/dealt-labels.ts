/**
 * Whether a model's answers have anything to do with the labels, however uneven the classes are. Pure.
 *
 * Symbols: n rows with a label y, C classes, r_ic the rank of row i among all rows by its score for class c (rows of
 * equal scores have the mean of their ranks).
 *
 *     T = Σ_i r_{i y_i},   p = (1 + number of T* ≥ T) / (1 + M)
 *
 * T is the sum of Mann's and Whitney's statistics of each class against the others (1947); for final answers it is the
 * number of right ones plus a constant. T* is computed with the same labels, dealt to the rows at random, M times:
 * Phipson & Smyth 2010, https://doi.org/10.2202/1544-6115.1585. A model that nearly always names one class is often
 * right on uneven rows, but no more often than with dealt labels. A model whose probabilities tell the classes apart
 * passes even if it never names a rare class.
 */
import { mulberry32 } from '../../arrays/index.js';

const SEED = 1;
const DEALS = 1999;

/**
 * @param score - the score of a row for a class: the greater, the more likely the class.
 * @param labels - [n], n > 0.
 * @returns p, from 1/(M + 1) to 1: equal scores and labels give an equal p.
 */
export function dealtLabelsP(
  score: (row: number, c: number) => number,
  labels: Int32Array,
): number {
  // Classes without a label have no part in T.
  const classes = [...new Set(labels)];
  const ranks = classes.map((c) => ranksOf(Float64Array.from(labels, (_, row) => score(row, c))));
  const places = new Map(classes.map((c, place) => [c, place]));
  const dealt = labels.map((label) => places.get(label) as number);
  const rankSum = () => dealt.reduce((sum, place, row) => sum + (ranks[place]?.[row] as number), 0);
  const own = rankSum();
  let [atLeast, draw] = [0, 0];
  for (let deal = 0; deal < DEALS; deal++) {
    for (let last = dealt.length - 1; last > 0; last--) {
      const other = Math.floor(mulberry32(SEED, draw++) * (last + 1));
      const place = dealt[last] as number;
      dealt[last] = dealt[other] as number;
      dealt[other] = place;
    }
    // Ranks are whole or halves, so sums of them are exact.
    if (rankSum() >= own) atLeast++;
  }
  return (1 + atLeast) / (1 + DEALS);
}

/** [n] ranks, from 1. */
function ranksOf(scores: Float64Array): Float64Array {
  const score = (row: number) => scores[row] as number;
  // Compare, do not subtract: −∞ less −∞ is NaN.
  const rows = Uint32Array.from(scores.keys()).sort((a, b) =>
    score(a) < score(b) ? -1 : score(a) > score(b) ? 1 : 0,
  );
  const ranks = new Float64Array(scores.length);
  for (let first = 0; first < rows.length; ) {
    let end = first + 1;
    while (end < rows.length && score(rows[end] as number) === score(rows[first] as number)) end++;
    for (const row of rows.subarray(first, end)) ranks[row] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}
