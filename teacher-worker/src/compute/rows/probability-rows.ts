/** A model that gives probabilities must give distributions: one that does not was exported or loaded wrongly. */
import { LyceumError } from '@lyceum/proto';
import type { AnswerTensor } from '../engine/index.js';

/** How far the sum of a row may be from 1: float32 sums of 20,000 classes stay within it, and those of binary16 models too. */
export const SUM_TOLERANCE = 5e-3;

/**
 * @param tensor - logarithms of probabilities, [rows, width].
 * @throws {LyceumError} INVALID_ARGUMENT naming the first row whose probabilities do not sum to 1.
 */
export function requireDistributions({ name, width, values }: AnswerTensor): void {
  for (let from = 0; from < values.length; from += width) {
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += Math.exp(values[i] as number);
    // Not finite is found, and named, elsewhere.
    if (Math.abs(sum - 1) <= SUM_TOLERANCE || Number.isNaN(sum)) continue;
    const message = `${name}: the probabilities of row ${from / width} sum to ${sum.toPrecision(6)}, not to 1`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

/** Below this a float32 loses precision, and engines may round to 0; its logarithm is −87.3. */
const LEAST_PROBABILITY = 1.1754943508222875e-38;

/** Of probabilities that came from elsewhere: what engines here give for theirs. NaN stays NaN. */
export function logarithms(probabilities: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(probabilities, (p) => Math.log(Math.max(p, LEAST_PROBABILITY)));
}
