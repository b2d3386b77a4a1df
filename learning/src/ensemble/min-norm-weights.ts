/**
 * Teachers' weights from the gradients that each would give the student: the mixture of least length, so that
 * the step helps with respect to every teacher as far as they can agree.
 *
 *     least ‖Σₖ αₖ gₖ‖²  with  Σα = 1, 0 ≤ αₖ ≤ max(C, 1/K)
 *
 * Du et al. 2020 (AE-KD), §3.2, https://proceedings.neurips.cc/paper/2020/hash/91c77393975889bd08f301c9e13a44b7-Abstract.html
 * C = 1 is multiple-gradient descent (Désidéri 2012); C ≤ 1/K gives equal weights. The weights are constants to
 * the student's gradient.
 *
 * Symbols: K teachers, gₖ the gradient of teacher k's loss; for the logits of a distillation term it is
 * τ(q − pₖ)/B, which needs no backward pass. C `bound`.
 */
import { LyceumError } from '@lyceum/proto';
import type { Values } from './log-softmax.js';
import { leastOnSimplex } from './simplex-quadratic.js';

export const DEFAULT_MIN_NORM_BOUND = 0.6;

/**
 * α [K], of sum 1.
 *
 * @param gradients - one a teacher, all of one length.
 * @param normalized - solve for gradients of length 1 and weigh by αₖ/‖gₖ‖, so that a teacher's long gradient has
 *   no less weight for its length. A gradient of length 0 is left as it is.
 * @throws {LyceumError} INVALID_ARGUMENT if there is none, lengths differ or a number is not finite.
 */
export function minNormWeights(
  gradients: readonly Values[],
  bound = DEFAULT_MIN_NORM_BOUND,
  normalized = false,
): Float64Array {
  const count = gradients.length;
  if (gradients.some((gradient) => gradient.length !== gradients[0]?.length)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `gradients differ in length: ${gradients.map((gradient) => gradient.length).join(', ')}`,
    );
  }
  const products = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      const product = dot(gradients[i] as Values, gradients[j] as Values);
      products[i * count + j] = product;
      products[j * count + i] = product;
    }
  }
  if (!normalized) return leastOnSimplex(products, new Float64Array(count), bound);

  const lengths = gradients.map((_, k) => Math.sqrt(products[k * count + k] as number) || 1);
  const cosines = products.map(
    (product, i) =>
      product / ((lengths[Math.floor(i / count)] as number) * (lengths[i % count] as number)),
  );
  const weights = leastOnSimplex(cosines, new Float64Array(count), bound).map(
    (share, k) => share / (lengths[k] as number),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function dot(a: Values, b: Values): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
