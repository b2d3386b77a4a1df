/** Below this a float32 loses precision, and engines may round to 0; its logarithm is −87.3. */
export const LEAST_PROBABILITY = 1.1754943508222875e-38;

/**
 * How far from 1 a row's probabilities may sum: room for float32 sums of 20,000 classes, and for binary16
 * probabilities.
 */
export const SUM_TOLERANCE = 5e-3;

/** Logarithm of a probability, the same for every engine here; float32 holds it. NaN stays NaN. */
export function logProbability(p: number): number {
  return Math.log(Math.max(p, LEAST_PROBABILITY));
}
