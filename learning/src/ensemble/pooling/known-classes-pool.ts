/**
 * Pools teachers of which some know only some of the classes: each class is pooled by the teachers that know it.
 *
 *     arithmetic   p_c ∝ Σₖ aₖ [c ∈ Cₖ] pₖc / Σₖ aₖ [c ∈ Cₖ]
 *     geometric    log p_c = Σₖ aₖ [c ∈ Cₖ] log pₖc / Σₖ aₖ [c ∈ Cₖ] + constant
 *
 * each over its sum. If all teachers that know a class have share 0, they count alike. If all teachers know all
 * classes, these are the pools of pool.ts but for rounding; use pool.ts then, whose bits are the reference.
 *
 * A teacher's probabilities say nothing of other classes: pₖ is of a sample given that its class is in Cₖ.
 *
 * Symbols: K teachers with logits vₖ [N, C], shares aₖ and classes Cₖ, pₖ = softmax(vₖ/τ) over Cₖ, τ `temperature`.
 */
import { logSoftmaxRow, type Values } from '../../arrays/index.js';
import { classMask, type KnownClasses } from '../teachers/index.js';
import { caMkdWeights } from './label-weights.js';
import { flooredLogit, logAddExp, writeRows } from './pool.js';
import type { PoolInput } from './pool-kernel.js';

/**
 * Logarithms of the pooled probabilities, [N, C]; −∞ of a class that no teacher knows.
 *
 * @param input - with logits of −∞ where a teacher does not know the class.
 * @param known - one a teacher.
 * @throws {LyceumError} INVALID_ARGUMENT if lengths do not fit.
 */
export function poolLogsOfKnown(
  input: PoolInput,
  known: readonly KnownClasses[],
  out: Values,
): void {
  const { rule, temperature, teacherLogits, shares, rowCount, classCount } = input;
  const masks = teacherLogits.map((_, k) => classMask(known[k], classCount));
  const logs = new Float64Array(classCount);
  const unknown = [...logs.keys()].filter((c) => masks.every((mask) => mask[c] === 0));
  // The weight of a share of 0. An arithmetic pool adds logarithms, so there it is log 0.
  const nothing = rule === 'geometric' ? 0 : Number.NEGATIVE_INFINITY;
  const weighed = (own: Float64Array) =>
    sharesOfClasses(own, masks).map((shares) =>
      rule === 'geometric' ? shares : shares.map(Math.log),
    );
  let weighedShares: Float64Array | undefined;
  let classWeights: Float64Array[] = [];
  writeRows(teacherLogits, shares, rowCount, classCount, out, (row, rowShares, from) => {
    if (rowShares !== weighedShares) classWeights = weighed(rowShares);
    weighedShares = rowShares;
    row.fill(nothing);
    for (const [k, own] of classWeights.entries()) {
      const logits = teacherLogits[k] as Values;
      if (rule === 'geometric') flooredRow(logits, from, masks[k] as Uint8Array, logs);
      else for (let c = 0; c < classCount; c++) logs[c] = logits[from + c] as number;
      logSoftmaxRow(logs, 0, classCount, temperature, logs, 0);
      for (let c = 0; c < classCount; c++) {
        const weight = own[c] as number;
        if (weight === nothing) continue;
        const log = logs[c] as number;
        row[c] =
          rule === 'geometric'
            ? (row[c] as number) + weight * log
            : logAddExp(row[c] as number, weight + log);
      }
    }
    for (const c of unknown) row[c] = Number.NEGATIVE_INFINITY;
    logSoftmaxRow(row, 0, classCount, 1, row, 0);
  });
}

/**
 * CA-MKD's shares [N, K] among the teachers that know the row's label; 0 for all others.
 *
 * Parameters and errors are those of {@link caMkdWeights}.
 */
export function caMkdWeightsOfKnown(
  teacherLogits: readonly Values[],
  known: readonly KnownClasses[],
  labels: Int32Array,
  classCount: number,
): Float64Array {
  const masks = teacherLogits.map((_, k) => classMask(known[k], classCount));
  const out = new Float64Array(labels.length * masks.length);
  for (const [row, label] of labels.entries()) {
    const able = [...masks.keys()].filter((k) => label < 0 || masks[k]?.[label] === 1);
    const own = able.map((k) =>
      (teacherLogits[k] as Values).subarray(row * classCount, (row + 1) * classCount),
    );
    const weights = caMkdWeights(own, Int32Array.of(label), classCount);
    for (const [i, k] of able.entries()) out[row * masks.length + k] = weights[i] as number;
  }
  return out;
}

/** Each teacher's share of each class, [K][C]; the shares of a class sum to 1, unless no teacher knows it. */
function sharesOfClasses(shares: Float64Array, masks: readonly Uint8Array[]): Float64Array[] {
  const out = masks.map((mask, k) => Float64Array.from(mask, (m) => m * (shares[k] as number)));
  for (let c = 0; c < (masks[0]?.length ?? 0); c++) {
    let sum = 0;
    for (const own of out) sum += own[c] as number;
    const knowing = masks.filter((mask) => mask[c] === 1).length;
    for (const [k, own] of out.entries()) {
      if (sum > 0) own[c] = (own[c] as number) / sum;
      else if (masks[k]?.[c] === 1) own[c] = 1 / knowing;
    }
  }
  return out;
}

/** A row's logits; a known class of probability 0 gets the logit of the floor, as in `pool`. */
function flooredRow(logits: Values, from: number, mask: Uint8Array, row: Float64Array): void {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < row.length; c++) {
    row[c] = logits[from + c] as number;
    greatest = Math.max(greatest, row[c] as number);
  }
  const isFloored = (c: number) => mask[c] === 1 && row[c] === Number.NEGATIVE_INFINITY;
  if (!row.some((_, c) => isFloored(c))) return;
  const floor = greatest + flooredLogit(logits, from, row.length, greatest);
  for (let c = 0; c < row.length; c++) if (isFloored(c)) row[c] = floor;
}
