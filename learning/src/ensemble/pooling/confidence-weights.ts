/**
 * Teachers' weights for each sample from how certain their own answers are; no labels. A teacher that is
 * certain and wrong gets the most, so calibrate teachers first.
 *
 * Symbols: K teachers with logits vₖ [N, C], pₖ = softmax(vₖ) at temperature 1, Hₖ = −Σ_c pₖ log pₖ, ε = 1e-6,
 * t `temperature`.
 */
import { logSoftmaxRow, softmaxInPlace, type Values } from '../../arrays/index.js';
import { sharesOrEqual } from '../teachers/index.js';

/**
 *     ebkd       1 − Hₖ/ΣH, of sum K − 1: no share is above 1/(K−1). Kwon et al. 2020, "Adaptive knowledge
 *                distillation based on entropy", in the form of Zhang et al. 2022, §4,
 *                https://arxiv.org/abs/2201.00007
 *     softmax    exp(−Hₖ/t)
 *     inverse    1/(Hₖ + ε)
 *     greatest   max_c pₖ
 *     margin     the greatest less the second greatest pₖ
 *
 * each over its sum; equal shares where that is 0, for `ebkd` where ΣH is 0, and 1 for a lone teacher.
 */
export type ConfidenceWeighting = 'ebkd' | 'softmax' | 'inverse' | 'greatest' | 'margin';

const ENTROPY_MARGIN = 1e-6;

/**
 * Shares [N, K], each row of sum 1.
 *
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @param temperature - of `softmax`.
 * @throws {LyceumError} INVALID_ARGUMENT if a logit is NaN.
 */
export function confidenceWeights(
  weighting: ConfidenceWeighting,
  teacherLogits: readonly Values[],
  rowCount: number,
  classCount: number,
  temperature = 1,
): Float64Array {
  const teacherCount = teacherLogits.length;
  const out = new Float64Array(rowCount * teacherCount);
  const logs = new Float64Array(classCount);
  const scores = new Array<number>(teacherCount).fill(0);
  for (let row = 0; row < rowCount; row++) {
    for (const [k, logits] of teacherLogits.entries()) {
      logSoftmaxRow(logits, row * classCount, classCount, 1, logs, 0);
      if (weighting === 'greatest') scores[k] = Math.exp(greatestTwo(logs).greatest);
      else if (weighting === 'margin') scores[k] = margin(logs);
      else scores[k] = entropy(logs);
    }
    out.set(shares(weighting, scores, temperature), row * teacherCount);
  }
  return out;
}

/** Hₖ of each row, [N, K], in nats. Parameters are those of {@link confidenceWeights}. */
export function entropies(
  teacherLogits: readonly Values[],
  rowCount: number,
  classCount: number,
): Float64Array {
  const teacherCount = teacherLogits.length;
  const out = new Float64Array(rowCount * teacherCount);
  const logs = new Float64Array(classCount);
  for (const [k, logits] of teacherLogits.entries()) {
    for (let row = 0; row < rowCount; row++) {
      logSoftmaxRow(logits, row * classCount, classCount, 1, logs, 0);
      out[row * teacherCount + k] = entropy(logs);
    }
  }
  return out;
}

/** From a row's entropies, greatest probabilities or margins [K] to its shares. */
function shares(
  weighting: ConfidenceWeighting,
  scores: readonly number[],
  temperature: number,
): Float64Array {
  switch (weighting) {
    case 'ebkd': {
      if (scores.length === 1) return Float64Array.of(1);
      return sharesOrEqual(scores).map((share) => (1 - share) / (scores.length - 1));
    }
    case 'softmax': {
      const out = Float64Array.from(scores, (h) => -h / temperature);
      softmaxInPlace(out);
      return out;
    }
    case 'inverse':
      return sharesOrEqual(scores.map((h) => 1 / (h + ENTROPY_MARGIN)));
    default:
      return sharesOrEqual(scores);
  }
}

/** −Σ p log p from logarithms; a class of probability 0 adds nothing, and rounding never makes it negative. */
function entropy(logs: Float64Array): number {
  let sum = 0;
  for (const log of logs) if (log !== Number.NEGATIVE_INFINITY) sum -= Math.exp(log) * log;
  return Math.max(0, sum);
}

/** The difference of the two greatest probabilities. */
function margin(logs: Float64Array): number {
  const { greatest, second } = greatestTwo(logs);
  return Math.exp(greatest) - Math.exp(second);
}

function greatestTwo(values: Float64Array): { greatest: number; second: number } {
  let greatest = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value > greatest) {
      second = greatest;
      greatest = value;
    } else if (value > second) second = value;
  }
  return { greatest, second };
}
