/**
 * The interval of a mean of paired differences, Student's t, for a handful of seeds.
 *
 * Symbols: n differences, ν = n − 1 degrees of freedom, A(t|ν) the probability of [−t, t].
 */
import { LyceumError } from '@lyceum/proto';

export interface PairedInterval {
  readonly mean: number;
  /** Ends of the 95 % interval of the mean. */
  readonly low: number;
  readonly high: number;
  /** Of the differences, with divisor n − 1; 0 if they are equal but for rounding. */
  readonly standardDeviation: number;
}

const CONFIDENCE = 0.95;

/** A mean or a deviation below this is only rounding: (0.9 − 0.8) + (0.7 − 0.8) is 1e-16, and so is 3 · 0.1 − 0.3. */
const ROUNDING = 1e-12;

/**
 * mean ± t·s/√n.
 *
 * @throws {LyceumError} INVALID_ARGUMENT for fewer than two differences, or one that is not finite.
 */
export function pairedInterval(differences: readonly number[]): PairedInterval {
  const n = differences.length;
  if (n < 2 || !differences.every(Number.isFinite)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want at least two finite differences, got [${differences}]`,
    );
  }
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (n - 1));
  const standardDeviation = deviation < ROUNDING ? 0 : deviation;
  const margin = (studentQuantile(n - 1, CONFIDENCE) * standardDeviation) / Math.sqrt(n);
  return { mean, low: mean - margin, high: mean + margin, standardDeviation };
}

/** 80 % of the mass lies below its end, 60 % within both. */
const POWER_CENTRAL = 0.6;
/** From this many degrees of freedom on, t is as good as the normal quantile: the count of seeds is the same. */
const MANY_SEEDS = 1000;
const NORMAL_QUANTILE_SUM = 1.959964 + 0.841621;

/**
 * How many seeds it takes to see a difference of this size, with power 80 % and a two-sided test at 5 %: the least
 * n ≥ 2 with n ≥ ((t₉₇.₅ + t₈₀) s/|d|)² at n − 1 degrees of freedom. ∞ for no difference but rounding.
 *
 * @param standardDeviation - s, of the paired differences over seeds.
 * @throws {LyceumError} INVALID_ARGUMENT if d is not finite or s is negative.
 */
export function seedsNeeded(difference: number, standardDeviation: number): number {
  const ratio = (standardDeviation / difference) ** 2;
  if (!(Number.isFinite(difference) && standardDeviation >= 0)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want a finite difference and a deviation ≥ 0, got ${difference} and ${standardDeviation}`,
    );
  }
  if (Math.abs(difference) < ROUNDING) return Number.POSITIVE_INFINITY;
  let n = Math.max(2, Math.ceil(NORMAL_QUANTILE_SUM ** 2 * ratio));
  while (n < MANY_SEEDS) {
    const t = studentQuantile(n - 1, CONFIDENCE) + studentQuantile(n - 1, POWER_CENTRAL);
    if (n >= t * t * ratio) break;
    n++;
  }
  return n;
}

/** t with A(t|ν) = `probability`, by bisection: A rises with t. */
function studentQuantile(degrees: number, probability: number): number {
  let low = 0;
  let high = 1;
  while (centralProbability(high, degrees) < probability) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** A(t|ν) for whole ν, a finite sum. Abramowitz & Stegun 1964, 26.7.3 (odd ν) and 26.7.4 (even ν). */
function centralProbability(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const sin = Math.sin(angle);
  const cos = Math.cos(angle);
  const odd = degrees % 2 === 1;
  // cos θ (1 + 2/3 cos²θ + 2·4/(3·5) cos⁴θ + …), or 1 + 1/2 cos²θ + 1·3/(2·4) cos⁴θ + …, up to cos^(ν−2).
  let term = odd ? cos : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 2 : 1; k <= degrees - 3; k += 2) {
    term *= (k / (k + 1)) * cos * cos;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}
