/**
 * One temperature for each teacher that turns its probabilities into true frequencies, fitted on held-out labels.
 * It changes no argmax. Guo et al. 2017, §4.2, https://arxiv.org/abs/1706.04599
 *
 * Symbols: logits v [N, C], labels y [N], T the temperature, β = 1/T, q = softmax(βv).
 */
import { LyceumError } from '@lyceum/proto';
import { logSoftmaxRow, type Values } from '../../arrays/index.js';

const LEAST_CALIBRATION = 0.05;
const GREATEST_CALIBRATION = 20;

/**
 * The temperature T in [`least`, `greatest`] with the least mean −log softmax(v/T)_y.
 *
 * The loss is convex in β, and its slope is the mean of E_q[v] − v_y, so T is found by bisection. T ends at `least` if
 * all samples are right and separable, at `greatest` if they are worse than chance; if no temperature changes the
 * loss, T is 1.
 *
 * @param logits - [N, C], finite.
 * @param labels - [N]; rows of −1 do not count.
 * @throws {LyceumError} INVALID_ARGUMENT if no row has a label, or the bounds are not 0 < least ≤ greatest.
 */
export function fitTemperature(
  logits: Values,
  labels: Int32Array,
  classCount: number,
  least = LEAST_CALIBRATION,
  greatest = GREATEST_CALIBRATION,
): number {
  if (!(least > 0 && least <= greatest && labels.some((label) => label >= 0))) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want labelled samples and bounds 0 < least ≤ greatest, got bounds ${least} and ${greatest} and ${labels.length} samples`,
    );
  }
  let low = 1 / greatest;
  let high = 1 / least;
  const slopeAtLow = slope(logits, labels, classCount, low);
  const slopeAtHigh = slope(logits, labels, classCount, high);
  if (slopeAtLow === 0 && slopeAtHigh === 0) return Math.min(greatest, Math.max(least, 1));
  if (slopeAtLow >= 0) return greatest;
  if (slopeAtHigh <= 0) return least;
  for (;;) {
    const middle = (low + high) / 2;
    // No float64 lies between the two any more.
    if (middle <= low || middle >= high) return 1 / middle;
    if (slope(logits, labels, classCount, middle) < 0) low = middle;
    else high = middle;
  }
}

/**
 * v/T: every rule uses these in place of the teacher's logits.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if T is not > 0.
 */
export function calibrate(logits: Values, temperature: number): Float64Array {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new LyceumError('INVALID_ARGUMENT', `a temperature must be > 0, got ${temperature}`);
  }
  return Float64Array.from(logits, (value) => value / temperature);
}

/** Sum over labelled rows of E_q[v] − v_y. */
function slope(logits: Values, labels: Int32Array, classCount: number, beta: number): number {
  const logs = new Float64Array(classCount);
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (label < 0) continue;
    const from = row * classCount;
    logSoftmaxRow(logits, from, classCount, 1 / beta, logs, 0);
    const own = logits[from + label] as number;
    for (let c = 0; c < classCount; c++) {
      // The differences, not the mean: exact where the label has all of the probability.
      sum += Math.exp(logs[c] as number) * ((logits[from + c] as number) - own);
    }
  }
  return sum;
}
