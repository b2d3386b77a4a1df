/**
 * Where a share changed in a row of yes and no. Pure.
 *
 * Symbols: k a place in the row, with k of it before; Λ(k) how much better two shares describe what is before and after k
 * than one share does, where r members of the row count as one. The place with the greatest Λ is the estimate, and a change
 * if Λ exceeds {@link CHANGE_LIKELIHOOD}. Places whose Λ is less by at most {@link UNSURE_LIKELIHOOD} may be meant as well.
 *
 * @see Hinkley 1970, Inference about the change-point in a sequence of random variables
 */
import { likelihoodRatio } from './likelihood.js';

/** A steady share exceeds it in less than one of a thousand rows of 50 to 2,000, by simulation. */
const CHANGE_LIKELIHOOD = 11;

/** e to it is a thousand. */
const UNSURE_LIKELIHOOD = Math.log(1000);

export interface ChangePoint {
  /** How many are before it. */
  readonly place: number;
  /** The first and the last place that it may be at. */
  readonly earliest: number;
  readonly latest: number;
  /** Shares of yes. */
  readonly before: number;
  readonly after: number;
}

/**
 * @param repeats - r, 1 or more: answers to one question are alike.
 * @returns undefined: it is no more than chance.
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
