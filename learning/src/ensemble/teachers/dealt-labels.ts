/**
 * Whether what a model says has anything to do with the labels, however uneven the classes are. Pure.
 *
 * Symbols: n rows with a label y, C classes, r_ic the rank of row i among all rows by what is said for class c (equal ones
 * have the mean of their ranks).
 *
 *     T = Σ_i r_{i y_i},   p = (1 + number of T* ≥ T) / (1 + M)
 *
 * T sums up Mann's and Whitney's statistic of each class against the others (1947); of final answers it is the number of
 * right ones and a constant. T* is of the same labels, dealt to the rows at random, M times: Phipson & Smyth 2010,
 * https://doi.org/10.2202/1544-6115.1585. A model that says one class nearly always is often right on uneven rows, but no
 * more often than with dealt labels; one whose probabilities tell the classes apart is not at a loss because it never names
 * a rare one.
 */
import { mulberry32 } from '../../arrays/index.js';

const SEED = 1;
const DEALS = 1999;

/**
 * @param score - of a row for a class: a greater one says more for the class.
 * @param labels - [n], n > 0.
 * @returns p, from 1/(M + 1) to 1: equal scores and labels have an equal one.
 */
export function dealtLabelsP(
  score: (row: number, c: number) => number,
  labels: Int32Array,
): number {
  // No deal asks for another class.
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
  // No difference of scores: −∞ less −∞ is no number.
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
