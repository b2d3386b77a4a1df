/** The k greatest values of a row: what top-k targets and codecs keep. */
import type { Values } from './log-softmax.js';

/**
 * The classes by falling value, of equal ones the lower first; linear in the number of classes while k is small.
 *
 * @param row - [C], no NaN.
 * @param k - in [1, C].
 */
export function greatestClasses(row: Values, k: number): Uint32Array {
  const ids = new Uint32Array(k);
  let count = 0;
  for (let c = 0; c < row.length; c++) {
    const value = row[c] as number;
    if (count === k && value <= (row[ids[k - 1] as number] as number)) continue;
    let at = count < k ? count++ : k - 1;
    while (at > 0 && (row[ids[at - 1] as number] as number) < value) {
      ids[at] = ids[at - 1] as number;
      at--;
    }
    ids[at] = c;
  }
  return ids;
}

/** max(0, 1 − Σp): the probability of all other classes together. */
export function residualOf(probabilities: Iterable<number>): number {
  let sum = 0;
  for (const p of probabilities) sum += p;
  return Math.max(0, 1 - sum);
}
