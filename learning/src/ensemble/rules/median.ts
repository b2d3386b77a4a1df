/**
 * The median of the teachers' probabilities, class by class, over its sum: a teacher that is far off moves the median
 * no more than one that is slightly off. Kittler, Hatef, Duin & Matas 1998, "On combining classifiers", §3.3 (median
 * rule).
 *
 *     p_c ∝ medianₖ pₖc      half of the weight of the teachers that know c is at or below it, half at or above
 *
 * If the weight is halved exactly between two teachers, the median is the mean of their two values. If every class's
 * median is 0, as when teachers are sure of different classes, the row is the mean of the probabilities.
 *
 * Symbols: K teachers with logits vₖ [N, C], pₖ = softmax(vₖ/τ), τ the temperature.
 */
import { softmaxInPlace, type Values } from '../../arrays/index.js';
import { classMask, teacherShares } from '../teachers/index.js';
import { type BatchAnswers, type Combined, standardized, withLogarithms } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const median: EnsembleRule<{ readonly combine: 'median' }> = {
  name: 'median',
  settled: () => ({ combine: 'median' }),
  combined: (_, answers) => ({
    ...medianOf(answers),
    standardized: () => medianOf({ ...answers, teacherLogits: standardized(answers) }),
  }),
  withoutShares: true,
  worthCalibrating: true,
};

function medianOf(answers: BatchAnswers): Combined {
  const { teacherLogits, teacherWeights, rowCount, classCount, knownClasses } = answers;
  const shares = teacherShares(teacherWeights);
  const masks = teacherLogits.map((_, k) => classMask(knownClasses?.[k], classCount));
  const judges = Array.from({ length: classCount }, (_, c) => judgesOf(c, shares, masks));
  return withLogarithms((temperature, out) => {
    for (let n = 0; n < rowCount; n++) {
      const own = teacherLogits.map((logits) => tempered(logits, n, classCount, temperature));
      const row = judges.map((of, c) => weightedMedian(of.map(([k, w]) => [own[k]?.[c] ?? 0, w])));
      const isNobodys = row.every((p) => p === 0);
      const pooled = isNobodys ? judges.map((of, c) => weightedMean(of, own, c)) : row;
      const sum = pooled.reduce((a, b) => a + b, 0);
      for (const [c, p] of pooled.entries()) out[n * classCount + c] = p / sum;
    }
  });
}

type Judge = readonly [teacher: number, weight: number];

/** The teachers that know a class, with their shares; equal shares if all of these are 0. */
function judgesOf(c: number, shares: Float64Array, masks: readonly Uint8Array[]): Judge[] {
  const knowing = [...masks.keys()].filter((k) => masks[k]?.[c] === 1);
  const counted = knowing.filter((k) => (shares[k] as number) > 0);
  if (counted.length === 0) return knowing.map((k) => [k, 1]);
  return counted.map((k) => [k, shares[k] as number]);
}

function tempered(logits: Values, row: number, classCount: number, temperature: number) {
  const from = row * classCount;
  const scaled = Float64Array.from(
    logits.subarray(from, from + classCount),
    (v) => v / temperature,
  );
  softmaxInPlace(scaled);
  return scaled;
}

/** @param weighed - values with weights > 0. @returns 0 without values. */
function weightedMedian(weighed: [value: number, weight: number][]): number {
  weighed.sort(([a], [b]) => a - b);
  const half = weighed.reduce((sum, [, weight]) => sum + weight, 0) / 2;
  let below = 0;
  for (const [i, [value, weight]] of weighed.entries()) {
    below += weight;
    // A little wider than rounding, so that two equal halves count as equal.
    if (Math.abs(below - half) < 1e-12 * half) return (value + (weighed[i + 1]?.[0] ?? value)) / 2;
    if (below > half) return value;
  }
  return 0;
}

function weightedMean(judges: readonly Judge[], own: readonly Float64Array[], c: number): number {
  let sum = 0;
  let weights = 0;
  for (const [k, weight] of judges) {
    sum += weight * (own[k]?.[c] ?? 0);
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}
