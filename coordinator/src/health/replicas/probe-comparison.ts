/** How two answers to the same probe compare. Pure. */

/**
 * How far two sound replicas of one teacher may be apart that compute for themselves, as a share of the greatest logit (at
 * least 1). Other devices and thread counts move logits by 1e-6 to 1e-3 of it (TensorFloat-32 products most). Their weights
 * are what was pushed, by digest: what is looked for here is a replica that is damaged, and that is apart by more.
 *
 * A replica against its own first answer, and replicas that ask one server, have the noise of engine and precision instead:
 * see `ANSWER_NOISE` in learning.
 */
export const REPLICA_TOLERANCE = 1e-2;

/** Share of the rows of which two sound replicas may name other classes: two classes may be as good as equal. */
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
 * @throws {RangeError} if the answers differ in length: what is no answer was refused before.
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
