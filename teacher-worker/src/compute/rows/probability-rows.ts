/** A model that gives probabilities must give distributions; otherwise it was exported or loaded wrongly. */
import { SUM_TOLERANCE } from '@lyceum/learning/arrays';
import { LyceumError } from '@lyceum/proto';
import type { AnswerTensor } from '../engine/index.js';

/**
 * @param tensor - logarithms of probabilities, [rows, width].
 * @throws {LyceumError} INVALID_ARGUMENT naming the first row whose probabilities do not sum to 1.
 */
export function requireDistributions({ name, width, values }: AnswerTensor): void {
  for (let from = 0; from < values.length; from += width) {
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += Math.exp(values[i] as number);
    // Values that are not finite are found, and named, elsewhere.
    if (Math.abs(sum - 1) <= SUM_TOLERANCE || Number.isNaN(sum)) continue;
    const message = `${name}: the probabilities of row ${from / width} sum to ${sum.toPrecision(6)}, not to 1`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}
