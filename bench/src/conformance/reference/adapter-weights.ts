/**
 * Teachers' weights from a learnt adapter, for each sample by the student's own feature.
 * Liu, Zhang, Wang 2020 (AMTML-KD), §3.2, https://arxiv.org/abs/2103.04062
 *
 * Symbols: K teachers, D feature size, β [D] the student's pooled feature, θₖ [D] and W [D] learnt.
 */
import { softmaxInPlace } from '@lyceum/learning/arrays';
import { LyceumError } from '@lyceum/proto';

/**
 * softmaxₖ(W · (θₖ ⊙ β)), [K]. The target is then Σₖ wₖ softmax(vₖ/τ).
 *
 * @param teacherFactors - θₖ, one [D] a teacher.
 * @throws {LyceumError} INVALID_ARGUMENT without teachers, or if lengths differ.
 */
export function adapterWeights(
  feature: ArrayLike<number>,
  teacherFactors: readonly ArrayLike<number>[],
  projection: ArrayLike<number>,
): Float64Array {
  const lengths = [feature, projection, ...teacherFactors].map((values) => values.length);
  if (teacherFactors.length === 0 || lengths.some((length) => length !== feature.length)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `feature, projection and each teacher's factors must have one length, got [${lengths.join(', ')}]`,
    );
  }
  const weights = Float64Array.from(teacherFactors, (factors) => {
    let sum = 0;
    for (let d = 0; d < feature.length; d++) {
      sum += (projection[d] as number) * (factors[d] as number) * (feature[d] as number);
    }
    return sum;
  });
  softmaxInPlace(weights);
  return weights;
}
