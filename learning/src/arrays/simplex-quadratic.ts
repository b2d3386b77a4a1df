/**
 * A small convex quadratic programme over shares:
 *
 *     least ½ aᵀQa − bᵀa  with  Σa = 1, 0 ≤ aₖ ≤ u
 *
 * Changes two shares at a time: the share that gains most by growing takes from the share whose exchange lowers the
 * value most, until no exchange is worth making. Each exchange is exact, and a share at a bound is exactly there.
 * Platt 1998 (sequential minimal optimisation) with the choice of Fan, Chen, Lin 2005, §2,
 * https://jmlr.org/papers/v6/fan05a.html
 *
 * Symbols: Q [K, K] symmetric and positive semidefinite, b [K], u `upper`.
 */
import { LyceumError } from '@lyceum/proto';

/** Greatest number of exchanges for each share; a handful of teachers takes some tens. */
const EXCHANGES_PER_SHARE = 20_000;

/** Relative to Q and b: an exchange that gains less is only rounding. */
const TOLERANCE = 1e-15;

/**
 * @param quadratic - Q, row-major.
 * @param linear - b.
 * @param upper - u; below 1/K no shares fit, and 1/K is used.
 * @returns a [K]. Where Q is singular, one of the best.
 * @throws {LyceumError} INVALID_ARGUMENT if Q is not [K, K] or anything is not finite.
 */
export function leastOnSimplex(
  quadratic: Float64Array,
  linear: Float64Array,
  upper = 1,
): Float64Array {
  const count = linear.length;
  if (
    count === 0 ||
    quadratic.length !== count * count ||
    !(quadratic.every(Number.isFinite) && linear.every(Number.isFinite) && upper > 0)
  ) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want ${count} finite linear terms (one at least), their square of quadratic ones and a bound > 0`,
    );
  }
  const bound = Math.max(upper, 1 / count);
  const shares = new Float64Array(count).fill(1 / count);
  if (bound === 1 / count) return shares;

  const gradient = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < count; j++) sum += quadratic[i * count + j] as number;
    gradient[i] = sum / count - (linear[i] as number);
  }
  const scale = Math.max(...quadratic.map(Math.abs), ...linear.map(Math.abs));
  for (let n = 0; n < EXCHANGES_PER_SHARE * count; n++) {
    const exchange = bestExchange(quadratic, gradient, shares, bound, TOLERANCE * scale);
    if (exchange === undefined) break;
    const { to, from, amount } = exchange;
    const room = Math.min(bound - (shares[to] as number), shares[from] as number);
    if (amount >= room) {
      // At least one of the two ends exactly on its bound.
      const grown = (shares[to] as number) + room;
      shares[to] = room < (shares[from] as number) ? bound : grown;
      shares[from] = room < (shares[from] as number) ? (shares[from] as number) - room : 0;
    } else {
      shares[to] = (shares[to] as number) + amount;
      shares[from] = (shares[from] as number) - amount;
    }
    const moved = Math.min(amount, room);
    for (let i = 0; i < count; i++) {
      gradient[i] =
        (gradient[i] as number) +
        moved * ((quadratic[i * count + to] as number) - (quadratic[i * count + from] as number));
    }
  }
  return shares;
}

interface Exchange {
  readonly to: number;
  readonly from: number;
  /** The size of the exchange without bounds; ∞ along a direction without curvature. */
  readonly amount: number;
}

function bestExchange(
  quadratic: Float64Array,
  gradient: Float64Array,
  shares: Float64Array,
  bound: number,
  tolerance: number,
): Exchange | undefined {
  const count = shares.length;
  let to = -1;
  for (let i = 0; i < count; i++) {
    if ((shares[i] as number) >= bound) continue;
    if (to < 0 || (gradient[i] as number) < (gradient[to] as number)) to = i;
  }
  if (to < 0) return undefined;
  let best: Exchange | undefined;
  let bestGain = 0;
  for (let from = 0; from < count; from++) {
    const slope = (gradient[from] as number) - (gradient[to] as number);
    if ((shares[from] as number) <= 0 || slope <= tolerance) continue;
    const curvature =
      (quadratic[to * count + to] as number) +
      (quadratic[from * count + from] as number) -
      2 * (quadratic[to * count + from] as number);
    const amount = curvature > 0 ? slope / curvature : Number.POSITIVE_INFINITY;
    const gain = slope * amount;
    if (gain > bestGain) {
      bestGain = gain;
      best = { to, from, amount };
    }
  }
  return best;
}
