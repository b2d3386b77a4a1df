/**
 * Teachers' weights for each sample from how well they know its label.
 *
 * On samples that the teachers were trained on, weights are near equal: all cross-entropies are near 0.
 *
 * Symbols: K teachers with logits vₖ [N, C], y the label, CEₖ = −log softmax(vₖ)_y at temperature 1.
 */
import { LyceumError } from '@lyceum/proto';
import { logSoftmaxRow, softmaxInPlace, type Values } from '../../arrays/index.js';

/**
 * CEₖ of each row, [N, K], in nats.
 *
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @param labels - [N], each in [0, C).
 * @throws {LyceumError} INVALID_ARGUMENT if a row has no label.
 */
export function crossEntropies(
  teacherLogits: readonly Values[],
  labels: Int32Array,
  classCount: number,
): Float64Array {
  const teacherCount = teacherLogits.length;
  const out = new Float64Array(labels.length * teacherCount);
  const logs = new Float64Array(classCount);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (!(label >= 0 && label < classCount)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `sample ${row} needs a label in [0, ${classCount}), got ${label}`,
      );
    }
    for (const [k, logits] of teacherLogits.entries()) {
      logSoftmaxRow(logits, row * classCount, classCount, 1, logs, 0);
      out[row * teacherCount + k] = -(logs[label] as number);
    }
  }
  return out;
}

/**
 * wₖ = (1 − softmaxₖ(CEₖ)) / (K−1), rows [N, K] of sum 1; at most 1/(K−1) each, and 1 for a lone teacher.
 *
 * Weights are constants: no gradient goes through them. Zhang et al. 2022 (CA-MKD), §3,
 * https://arxiv.org/abs/2201.00007
 * Parameters and errors are those of {@link crossEntropies}. A teacher whose cross-entropy is ∞ gets weight 0 and all
 * others get 1/(K−1); m such teachers get (1 − 1/m)/(K−1) each.
 */
export function caMkdWeights(
  teacherLogits: readonly Values[],
  labels: Int32Array,
  classCount: number,
): Float64Array {
  const teacherCount = teacherLogits.length;
  const out = crossEntropies(teacherLogits, labels, classCount);
  for (let row = 0; row < labels.length; row++) {
    const weights = out.subarray(row * teacherCount, (row + 1) * teacherCount);
    if (teacherCount === 1) {
      weights[0] = 1;
      continue;
    }
    if (weights.includes(Number.POSITIVE_INFINITY)) {
      // The limit of softmax: all of its mass is on the infinite ones.
      for (let k = 0; k < teacherCount; k++) {
        weights[k] = weights[k] === Number.POSITIVE_INFINITY ? 0 : Number.NEGATIVE_INFINITY;
      }
    }
    softmaxInPlace(weights);
    for (let k = 0; k < teacherCount; k++) {
      weights[k] = (1 - (weights[k] as number)) / (teacherCount - 1);
    }
  }
  return out;
}
