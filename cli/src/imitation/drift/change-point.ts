/**
 * Finds where the share of yes changed in a row of yes and no. Pure.
 *
 * Symbols: k is a place in the row, after k of its members. Λ(k) is the log-likelihood gain of two shares, before and
 * after k, over one share, where r members of the row count as one. The estimate is the place with the greatest Λ. It
 * is a change if Λ exceeds {@link CHANGE_LIKELIHOOD}. The change may also be at any place whose Λ is less by at most
 * {@link UNSURE_LIKELIHOOD}.
 *
 * @see Hinkley 1970, Inference about the change-point in a sequence of random variables
 */
import { likelihoodRatio } from './likelihood.js';

/** By simulation, fewer than 1 in 1,000 rows with a steady share exceed it (rows of 50 to 2,000 members). */
const CHANGE_LIKELIHOOD = 11;

/** Logarithm of a likelihood ratio of 1,000. */
const UNSURE_LIKELIHOOD = Math.log(1000);

export interface ChangePoint {
  /** Number of members before the change. */
  readonly place: number;
  /** The first and the last place where the change may be. */
  readonly earliest: number;
  readonly latest: number;
  /** Shares of yes before and after the change. */
  readonly before: number;
  readonly after: number;
}

/**
 * @param repeats - r, 1 or more: the number of answers to one input, which are alike.
 * @returns undefined: any difference may be chance.
 */
export function changePoint(row: readonly boolean[], repeats: number): ChangePoint | undefined {
  const n = row.length;
  if (n === 0) return undefined;
  const counts = new Int32Array(n + 1);
  for (const [i, yes] of row.entries()) counts[i + 1] = (counts[i] as number) + (yes ? 1 : 0);
  const all = counts[n] as number;
  const ratios = Float64Array.from(counts, (part, k) =>
    likelihoodRatio({ part, whole: k }, { part: all - part, whole: n - k }),
  ).map((own) => own / repeats);
  const greatest = ratios.reduce((most, own) => Math.max(most, own), 0);
  if (greatest <= CHANGE_LIKELIHOOD) return undefined;
  const isPossible = (own: number) => own >= greatest - UNSURE_LIKELIHOOD;
  const place = ratios.indexOf(greatest);
  const before = counts[place] as number;
  return {
    place,
    earliest: ratios.findIndex(isPossible),
    latest: ratios.findLastIndex(isPossible),
    before: before / place,
    after: (all - before) / (n - place),
  };
}
