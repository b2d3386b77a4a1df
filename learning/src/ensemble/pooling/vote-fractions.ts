/**
 * A vote of teachers that give classes only.
 *
 * Symbols: K teachers, C classes; a vote of −1 abstains.
 */
import { LyceumError } from '@lyceum/proto';

/**
 * The share of the votes that each class has, [C]; `null` where nobody votes or only teachers of weight 0 do.
 *
 * @param votes - [K], classes in [0, C) or −1.
 * @param weights - [K], ≥ 0; equal ones if left out.
 * @param masks - `classMask` of each teacher, where some know only some of the classes: each class's votes are
 *   divided by the weight of the teachers that know the class, before all are divided by their sum.
 * @throws {LyceumError} INVALID_ARGUMENT for another class, or a weight that is missing or negative.
 */
export function voteFractions(
  votes: ArrayLike<number>,
  classCount: number,
  weights?: readonly number[],
  masks?: readonly Uint8Array[],
): Float64Array | null {
  const out = new Float64Array(classCount);
  const possible = new Float64Array(classCount);
  let sum = 0;
  for (let k = 0; k < votes.length; k++) {
    const vote = votes[k] as number;
    const weight = weights === undefined ? 1 : (weights[k] ?? Number.NaN);
    if (!(Number.isInteger(vote) && vote >= -1 && vote < classCount && weight >= 0)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `teacher ${k}: a vote must be −1 or a class below ${classCount} and its weight ≥ 0, got ${vote} and ${weight}`,
      );
    }
    if (vote < 0) continue;
    out[vote] = (out[vote] as number) + weight;
    sum += weight;
    const mask = masks?.[k];
    for (let c = 0; mask !== undefined && c < classCount; c++) {
      possible[c] = (possible[c] as number) + weight * (mask[c] as number);
    }
  }
  if (!(sum > 0)) return null;
  if (masks === undefined) return out.map((count) => count / sum);
  const approval = out.map((count, c) => (count > 0 ? count / (possible[c] as number) : 0));
  const total = approval.reduce((all, own) => all + own, 0);
  return approval.map((own) => own / total);
}

/** The class with the greatest share, of equal ones the lowest; `null` where {@link voteFractions} gives `null`. */
export function majorityVote(
  votes: ArrayLike<number>,
  classCount: number,
  weights?: readonly number[],
): number | null {
  const fractions = voteFractions(votes, classCount, weights);
  return fractions === null ? null : fractions.indexOf(Math.max(...fractions));
}
