/**
 * Weights of a mixture of the teachers that give held-out labels the greatest likelihood:
 *
 *     least NLL(w) = −1/N Σₙ log Σₖ wₖ pₖₙ  with  Σw = 1, w ≥ 0
 *
 * The loss is convex. EM moves to wₖ ← wₖ rₖ, rₖ = 1/N Σₙ pₖₙ / Σⱼ wⱼ pⱼₙ, and is slow near a bound. So after a few
 * steps of EM come Newton's steps, each a quadratic programme over the same weights. Dempster, Laird, Rubin 1977; Kim,
 * Carbonetto, Stephens, Anitescu 2020 (mix-SQP), §3, https://arxiv.org/abs/1806.01412
 *
 * Teachers that give every label the same probability share their weight equally: NLL(w) says only what they have
 * together.
 *
 * w is best just where rₖ = 1 for wₖ > 0 and rₖ ≤ 1 for wₖ = 0, and NLL(w) − least ≤ log max rₖ (Jensen).
 *
 * Symbols: K teachers, N held-out samples, pₖₙ teacher k's probability of sample n's label, at least
 * {@link MIXTURE_FLOOR}.
 */
import { LyceumError } from '@lyceum/proto';
import { leastOnSimplex, type Values } from '../../arrays/index.js';

/** A smaller probability of the label counts as this one, so that one certain mistake does not decide. */
const MIXTURE_FLOOR = 1e-12;

const EM_STEPS = 20;
const NEWTON_STEPS = 100;
/** max rₖ − 1 at which the weights are taken as found. */
const OPTIMALITY = 1e-13;
/** Relative to the loss. The last Newton steps gain less than this, and still make the weights exact. */
const LOSS_ROUNDING = 1e-14;

/**
 * The best weights [K]; a teacher that adds nothing has exactly 0.
 *
 * @param labelProbabilities - pₖₙ, one [N] a teacher.
 * @throws {LyceumError} INVALID_ARGUMENT without teachers or samples, if lengths differ or a value is not in [0, 1].
 */
export function mixtureWeights(labelProbabilities: readonly Values[]): Float64Array {
  checkProbabilities(labelProbabilities);
  let weights: Float64Array = new Float64Array(labelProbabilities.length).fill(
    1 / labelProbabilities.length,
  );
  for (let step = 0; step < EM_STEPS; step++) {
    weights = mixtureEmStep(labelProbabilities, weights);
  }
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const ratios = mixtureRatios(labelProbabilities, weights);
    if (Math.max(...ratios) - 1 <= OPTIMALITY) break;
    // Around w the loss is ½ vᵀHv − 2 rᵀv up to a constant, since Hw = r.
    const goal = leastOnSimplex(
      curvature(labelProbabilities, weights),
      ratios.map((ratio) => 2 * ratio),
    );
    const next = lineSearch(labelProbabilities, weights, goal);
    if (next === undefined) break;
    weights = next;
  }
  return sharedByTwins(labelProbabilities, weights);
}

/** Weights of teachers with equal probabilities, averaged: the mixture stays as it is. */
function sharedByTwins(labelProbabilities: readonly Values[], weights: Float64Array): Float64Array {
  return weights.map((_, k) => {
    const own = labelProbabilities[k] as Values;
    const twins = weights.filter((_, j) =>
      labelProbabilities[j]?.every((probability, n) => probability === own[n]),
    );
    return twins.reduce((sum, weight) => sum + weight, 0) / twins.length;
  });
}

/** One step of EM: wₖ rₖ. Never raises the loss. */
export function mixtureEmStep(
  labelProbabilities: readonly Values[],
  weights: Float64Array,
): Float64Array {
  const ratios = mixtureRatios(labelProbabilities, weights);
  return weights.map((weight, k) => weight * (ratios[k] as number));
}

/** rₖ [K]: how much likelier teacher k makes the labels than the mixture does, on average. */
export function mixtureRatios(
  labelProbabilities: readonly Values[],
  weights: Float64Array,
): Float64Array {
  const mixed = mixture(labelProbabilities, weights);
  return Float64Array.from(labelProbabilities, (own) => {
    let sum = 0;
    for (let n = 0; n < mixed.length; n++) sum += floored(own[n]) / (mixed[n] as number);
    return sum / mixed.length;
  });
}

/** NLL(w), in nats. */
export function mixtureNll(labelProbabilities: readonly Values[], weights: Float64Array): number {
  const mixed = mixture(labelProbabilities, weights);
  return -mixed.reduce((sum, p) => sum + Math.log(p), 0) / mixed.length;
}

/** H_kj = 1/N Σₙ pₖₙ pⱼₙ / mixtureₙ², row-major. */
function curvature(labelProbabilities: readonly Values[], weights: Float64Array): Float64Array {
  const count = labelProbabilities.length;
  const mixed = mixture(labelProbabilities, weights);
  const out = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    for (let j = k; j < count; j++) {
      let sum = 0;
      for (let n = 0; n < mixed.length; n++) {
        const p = mixed[n] as number;
        sum +=
          (floored(labelProbabilities[k]?.[n]) / p) * (floored(labelProbabilities[j]?.[n]) / p);
      }
      out[k * count + j] = sum / mixed.length;
      out[j * count + k] = sum / mixed.length;
    }
  }
  return out;
}

/**
 * The first of the full, half, quarter … step towards `goal` that does not raise the loss by more than rounding;
 * `undefined`: none.
 */
function lineSearch(
  labelProbabilities: readonly Values[],
  weights: Float64Array,
  goal: Float64Array,
): Float64Array | undefined {
  const start = mixtureNll(labelProbabilities, weights);
  const highest = start + LOSS_ROUNDING * Math.max(1, Math.abs(start));
  for (let share = 1; share > 1e-10; share /= 2) {
    const next = weights.map((weight, k) => weight + share * ((goal[k] as number) - weight));
    if (mixtureNll(labelProbabilities, next) <= highest) return next;
  }
  return undefined;
}

function mixture(labelProbabilities: readonly Values[], weights: Float64Array): Float64Array {
  const out = new Float64Array(labelProbabilities[0]?.length ?? 0);
  for (const [k, own] of labelProbabilities.entries()) {
    const weight = weights[k] as number;
    for (let n = 0; n < out.length; n++) out[n] = (out[n] as number) + weight * floored(own[n]);
  }
  return out;
}

function floored(probability: number | undefined): number {
  return Math.max(MIXTURE_FLOOR, probability as number);
}

function checkProbabilities(labelProbabilities: readonly Values[]): void {
  const samples = labelProbabilities[0]?.length ?? 0;
  const fits = (own: Values) =>
    own.length === samples && own.every((probability) => probability >= 0 && probability <= 1);
  if (samples === 0 || !labelProbabilities.every(fits)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      'want one probability of its label in [0, 1] for each teacher and held-out sample, and at least one of each',
    );
  }
}
