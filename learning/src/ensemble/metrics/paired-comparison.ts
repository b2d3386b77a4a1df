/**
 * Comparisons of two models, or of several with one, on the same samples: how sure a difference is when samples, not
 * seeds, were drawn.
 *
 * Symbols: N samples; b of them right for the first model only, c for the second only.
 */
import { LyceumError } from '@lyceum/proto';
import { mulberry32 } from '../../arrays/index.js';

export interface MeanInterval {
  readonly mean: number;
  /** Ends of the 95 % interval of the mean. */
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;

/**
 * The mean of paired differences and its percentile interval: samples drawn with replacement, a pair staying
 * together. Efron & Tibshirani 1993, §13.3.
 *
 * @param differences - [N], of one sample each: 1, 0 or −1 for right answers, a difference of losses, …
 * @param seed - equal seeds give equal intervals.
 * @throws {LyceumError} INVALID_ARGUMENT for no differences, or one that is not finite.
 */
export function pairedBootstrap(
  differences: ArrayLike<number>,
  seed: number,
  resampleCount = 2000,
): MeanInterval {
  const n = differences.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += differences[i] as number;
  if (n === 0 || !Number.isFinite(sum) || resampleCount < 1) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want finite differences and a resample at least, got ${n} of sum ${sum} and ${resampleCount}`,
    );
  }
  const means = new Float64Array(resampleCount);
  for (let resample = 0, draw = 0; resample < resampleCount; resample++) {
    let total = 0;
    for (let i = 0; i < n; i++, draw++) {
      total += differences[Math.floor(mulberry32(seed, draw) * n)] as number;
    }
    means[resample] = total / n;
  }
  means.sort();
  return { mean: sum / n, low: quantile(means, TAIL), high: quantile(means, 1 - TAIL) };
}

/** Standard normal, two-sided 95 %. */
const NORMAL_95 = 1.959964;

/**
 * The difference (c − b)/N of two shares of right answers, and its 95 % interval: Wald's, with one more of each kind of
 * differing sample. Models that never differed have an interval too, where the bootstrap has none.
 *
 *     (c − b)/(N + 2) ± z √((p + q − (p − q)²)/(N + 2)),  p = (b + 1)/(N + 2), q = (c + 1)/(N + 2)
 *
 * Bonett & Price 2012, https://doi.org/10.3102/1076998611411915
 *
 * @param firstOnlyCount - b.
 * @param secondOnlyCount - c.
 * @param sampleCount - N.
 * @throws {LyceumError} INVALID_ARGUMENT if counts are not whole, or are no counts of so many samples.
 */
export function pairedShares(
  firstOnlyCount: number,
  secondOnlyCount: number,
  sampleCount: number,
): MeanInterval {
  const counts = [firstOnlyCount, secondOnlyCount, sampleCount];
  const isCounted = counts.every((count) => Number.isInteger(count) && count >= 0);
  if (!isCounted || sampleCount === 0 || firstOnlyCount + secondOnlyCount > sampleCount) {
    const message = `want two counts of one sample at least, got ${firstOnlyCount} and ${secondOnlyCount} of ${sampleCount}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const n = sampleCount + 2;
  const p = (firstOnlyCount + 1) / n;
  const q = (secondOnlyCount + 1) / n;
  const margin = NORMAL_95 * Math.sqrt((p + q - (p - q) ** 2) / n);
  return {
    mean: (secondOnlyCount - firstOnlyCount) / sampleCount,
    low: Math.max(-1, q - p - margin),
    high: Math.min(1, q - p + margin),
  };
}

/**
 * McNemar's exact test, two-sided: how likely it is that, were both models as good, b and c would be as far apart.
 *
 *     p = min(1, 2 P(X ≤ min(b, c))),  X of b + c fair coins;  1 where the models never differ
 *
 * McNemar 1947, https://doi.org/10.1007/BF02295996
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a count is negative or not whole.
 */
export function mcNemar(firstOnlyCount: number, secondOnlyCount: number): number {
  const counts = [firstOnlyCount, secondOnlyCount];
  if (!counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new LyceumError('INVALID_ARGUMENT', `want two counts, got ${counts.join(' and ')}`);
  }
  const n = firstOnlyCount + secondOnlyCount;
  let logProbability = -n * Math.LN2;
  let sum = 0;
  for (let i = 0; i <= Math.min(...counts); i++) {
    sum += Math.exp(logProbability);
    logProbability += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, 2 * sum);
}

/**
 * p-values of several comparisons, adjusted so that at 5 % the chance of any false claim among all stays below 5 %:
 * p₍ᵢ₎ ← max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎), in rising order, m of them. Holm 1979, "A simple sequentially
 * rejective multiple test procedure".
 *
 * @returns in the order given.
 * @throws {LyceumError} INVALID_ARGUMENT for a value outside [0, 1].
 */
export function holm(pValues: readonly number[]): number[] {
  if (!pValues.every((p) => p >= 0 && p <= 1)) {
    throw new LyceumError('INVALID_ARGUMENT', `p-values must be in [0, 1], got [${pValues}]`);
  }
  const adjusted = new Array<number>(pValues.length).fill(1);
  let greatest = 0;
  const rising = [...pValues.entries()].sort(([, a], [, b]) => a - b);
  for (const [rank, [index, p]] of rising.entries()) {
    greatest = Math.max(greatest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = greatest;
  }
  return adjusted;
}

/** The quantile of sorted values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (at - below) * (high - low);
}
