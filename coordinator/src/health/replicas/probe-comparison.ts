/** How two answers to the same probe compare. Pure. */

/**
 * How far the answers of two sound replicas may differ that compute the teacher themselves, as a share of the greatest
 * logit (at least 1). Other devices and thread counts move logits by 1e-6 to 1e-3 of it (TensorFloat-32 products
 * most). All have the weights that were pushed, by digest; a damaged replica differs by more.
 *
 * For a replica and its own first answer, and for replicas that ask one server, the noise of engine and precision is
 * the limit instead: see `ANSWER_NOISE` in learning.
 */
export const REPLICA_TOLERANCE = 1e-2;

/** Share of the rows for which two sound replicas may name different classes: two classes may be almost equal. */
const CLASS_TOLERANCE = 1 / 16;

export interface ProbeComparison {
  readonly equalBits: boolean;
  readonly isTolerated: boolean;
  /** What differs and by how much: ends a sentence like "its answers differ". */
  readonly text: string;
}

/**
 * @param isClass - the values are classes, one a row, not logits.
 * @param tolerance - of logits, as a share of the greatest (at least 1).
 * @throws {RangeError} if the answers differ in length: the caller has refused what is no answer.
 */
export function compareProbes(
  reference: Float32Array,
  answer: Float32Array,
  isClass: boolean,
  tolerance = REPLICA_TOLERANCE,
): ProbeComparison {
  if (reference.length !== answer.length) {
    throw new RangeError(`${answer.length} values against ${reference.length}`);
  }
  const equalBits = reference.every((value, i) => Object.is(value, answer[i]));
  const compared = isClass
    ? compareClasses(reference, answer)
    : compareLogits(reference, answer, tolerance);
  return { equalBits, ...compared };
}

function compareLogits(reference: Float32Array, answer: Float32Array, share: number) {
  let difference = 0;
  let greatest = 1;
  for (let i = 0; i < reference.length; i++) {
    const value = reference[i] as number;
    difference = Math.max(difference, Math.abs(value - (answer[i] as number)));
    greatest = Math.max(greatest, Math.abs(value));
  }
  const tolerance = share * greatest;
  const text = `by up to ${difference.toPrecision(2)}, and ${tolerance.toPrecision(2)} is tolerated`;
  return { isTolerated: difference <= tolerance, text };
}

function compareClasses(reference: Float32Array, answer: Float32Array) {
  const count = reference.filter((value, i) => value !== answer[i]).length;
  const most = Math.floor(CLASS_TOLERANCE * reference.length);
  const text = `in ${count} of ${reference.length} rows, and ${most} are tolerated`;
  return { isTolerated: count <= most, text };
}
