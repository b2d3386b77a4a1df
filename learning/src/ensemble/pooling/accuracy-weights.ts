/**
 * Teachers' weights from their accuracies, measured on samples that no teacher was trained on: on training data all
 * accuracies are near 1, and the weights near equal.
 *
 * Symbols: K teachers of accuracies aₖ that tell Cₖ classes apart, t `temperature`.
 */
import { LyceumError } from '@lyceum/proto';
import { softmaxInPlace } from '../../arrays/index.js';
import { sharesOrEqual } from '../teachers/index.js';

/**
 *     linear     aₖ
 *     softmax    exp(aₖ/t)
 *     log-odds   max(0, log(aₖ/(1−aₖ)) + log(Cₖ−1)): 0 at chance. SAMME; Zhu et al. 2009, algorithm 2,
 *                https://doi.org/10.4310/SII.2009.v2.n3.a8
 */
export type AccuracyWeighting = 'linear' | 'softmax' | 'log-odds';

/** Accuracies are kept this far from 0 and 1 before their log-odds. */
const ACCURACY_MARGIN = 1e-6;

/**
 * Shares [K], of sum 1; equal ones where the weighting gives every teacher 0.
 *
 * @param classCounts - Cₖ; one number if it is the same for all.
 * @param temperature - of `softmax`; smaller favours the best teacher more.
 * @throws {LyceumError} INVALID_ARGUMENT for an accuracy outside [0, 1], or none.
 */
export function accuracyWeights(
  weighting: AccuracyWeighting,
  accuracies: readonly number[],
  classCounts: number | readonly number[],
  temperature = 0.1,
): Float64Array {
  if (accuracies.length === 0 || !accuracies.every((a) => a >= 0 && a <= 1)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `accuracies must be in [0, 1], got [${accuracies.join(', ')}]`,
    );
  }
  if (weighting === 'linear') return sharesOrEqual(accuracies);
  if (weighting === 'softmax') {
    const shares = Float64Array.from(accuracies, (a) => a / temperature);
    softmaxInPlace(shares);
    return shares;
  }
  return sharesOrEqual(
    accuracies.map((accuracy, k) => {
      const classCount = typeof classCounts === 'number' ? classCounts : Number(classCounts[k]);
      const a = Math.min(1 - ACCURACY_MARGIN, Math.max(ACCURACY_MARGIN, accuracy));
      return Math.max(0, Math.log(a / (1 - a)) + Math.log(classCount - 1));
    }),
  );
}
