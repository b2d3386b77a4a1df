/**
 * Pools the teachers' distributions into one target, row by row, in float64 and in fixed ensemble order, so
 * that a target's bits depend on the answers alone.
 *
 *     arithmetic   Σₖ aₖ pₖ            the mean of KL(pₖ ‖ ·) is least there
 *     geometric    softmax(Σₖ aₖ log pₖ)   = softmax(Σₖ aₖ vₖ/τ) while no class has probability 0
 *
 * Each teacher's logits are divided by τ before they are pooled; tempering the pool gives another target. Hinton et
 * al. 2015, §1,
 * https://arxiv.org/abs/1503.02531
 *
 * A logit of −∞ is a class of probability 0. An arithmetic pool adds nothing for it. A geometric pool would make the
 * class impossible, so it takes the teacher's probability as {@link PROBABILITY_FLOOR} before tempering.
 *
 * Symbols: K teachers with logits vₖ [N, C] and shares aₖ, pₖ = softmax(vₖ/τ), τ `temperature`.
 */
import { logSoftmaxRow, softmaxInPlace, type Values } from '../../arrays/index.js';
import { rowShares, teacherShares } from '../teachers/index.js';
import { type PoolInput, poolByKernel } from './pool-kernel.js';

export type { PoolRule } from './pool-kernel.js';

/** Weights instead of shares: relative; they need not sum to 1. */
interface WeightedPoolInput extends Omit<PoolInput, 'shares'> {
  readonly teacherWeights: readonly number[];
}

/** What probability 0 counts as in a geometric mean. */
export const PROBABILITY_FLOOR = 1e-8;

const LOG_FLOOR = Math.log(PROBABILITY_FLOOR);

/**
 * The pooled probabilities, [N, C].
 *
 * @throws {LyceumError} INVALID_ARGUMENT if weights or lengths do not fit.
 */
export function pool({ teacherWeights, ...input }: WeightedPoolInput, out: Values): void {
  poolWithShares({ ...input, shares: teacherShares(teacherWeights) }, out);
}

/**
 * {@link pool} with shares that are not rescaled. Shares of a sum other than 1 make a geometric pool a product of
 * experts, sharper than any of them.
 */
export function poolWithShares(input: PoolInput, out: Values): void {
  const { teacherLogits, shares, rowCount, classCount } = input;
  // Called for its check of lengths.
  rowShares(teacherLogits, shares, rowCount, classCount, out);
  if (!poolByKernel(input, out)) poolPlainly(input, out);
}

/** {@link poolWithShares} in plain arithmetic: tests compare the kernel with it. */
export function poolPlainly(input: PoolInput, out: Values): void {
  const { rule, temperature, teacherLogits, shares, rowCount, classCount } = input;
  const scratch = new Float64Array(classCount);
  writeRows(teacherLogits, shares, rowCount, classCount, out, (row, own, from) => {
    row.fill(0);
    if (rule === 'arithmetic') addTempered(teacherLogits, own, temperature, from, row, scratch);
    else {
      addLogs(teacherLogits, own, temperature, from, row);
      softmaxInPlace(row);
    }
  });
}

/**
 * Logarithms of the pooled probabilities, [N, C]: finite where {@link pool} would round to 0.
 * Parameters and errors are those of {@link pool}.
 */
export function poolLogProbabilities(
  { teacherWeights, ...input }: WeightedPoolInput,
  out: Values,
): void {
  poolLogsWithShares({ ...input, shares: teacherShares(teacherWeights) }, out);
}

/** Logarithms of the rows of {@link poolWithShares}, rescaled so that the probabilities sum to 1. */
export function poolLogsWithShares(input: PoolInput, out: Values): void {
  const { rule, temperature, teacherLogits, shares, rowCount, classCount } = input;
  const one = new Float64Array(classCount);
  writeRows(teacherLogits, shares, rowCount, classCount, out, (row, own, from) => {
    if (rule === 'geometric') {
      row.fill(0);
      addLogs(teacherLogits, own, temperature, from, row);
    } else {
      row.fill(Number.NEGATIVE_INFINITY);
      for (let k = 0; k < own.length; k++) {
        const share = own[k] as number;
        if (share === 0) continue;
        logSoftmaxRow(teacherLogits[k] as Values, from, classCount, temperature, one, 0);
        const logShare = Math.log(share);
        for (let c = 0; c < classCount; c++) {
          row[c] = logAddExp(row[c] as number, (one[c] as number) + logShare);
        }
      }
    }
    logSoftmaxRow(row, 0, classCount, 1, row, 0);
  });
}

/**
 * Writes [N, C] to `out`, row by row.
 *
 * @param shares - [K], or [N, K]: each row's own.
 * @param write - writes the row whose logits begin at `from`; rows that share their shares get the same array.
 * @throws {LyceumError} INVALID_ARGUMENT if lengths do not fit.
 */
export function writeRows(
  teacherLogits: readonly Values[],
  shares: Float64Array,
  rowCount: number,
  classCount: number,
  out: Values,
  write: (row: Float64Array, shares: Float64Array, from: number) => void,
): void {
  const sharesOf = rowShares(teacherLogits, shares, rowCount, classCount, out);
  const row = new Float64Array(classCount);
  for (let n = 0; n < rowCount; n++) {
    const from = n * classCount;
    write(row, sharesOf(n), from);
    for (let c = 0; c < classCount; c++) out[from + c] = row[c] as number;
  }
}

/**
 * Σₖ aₖ vₖ, [N, C]: where Σₖ aₖ ‖z − vₖ‖² is least.
 *
 * @param shares - [K], or [N, K]: each row's own.
 */
export function meanLogits(
  teacherLogits: readonly Values[],
  shares: Float64Array,
  rowCount: number,
  classCount: number,
  out: Values,
): void {
  const sharesOf = rowShares(teacherLogits, shares, rowCount, classCount, out);
  for (let n = 0; n < rowCount; n++) {
    const own = sharesOf(n);
    for (let i = n * classCount; i < (n + 1) * classCount; i++) {
      let sum = 0;
      for (let k = 0; k < own.length; k++) {
        const share = own[k] as number;
        if (share !== 0) sum += share * ((teacherLogits[k] as Values)[i] as number);
      }
      out[i] = sum;
    }
  }
}

/** row += Σₖ aₖ pₖ. */
function addTempered(
  teacherLogits: readonly Values[],
  shares: Float64Array,
  temperature: number,
  from: number,
  row: Float64Array,
  exponentials: Float64Array,
): void {
  const classes = row.length;
  for (let k = 0; k < shares.length; k++) {
    const share = shares[k] as number;
    if (share === 0) continue;
    const logits = teacherLogits[k] as Values;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      const value = logits[from + c] as number;
      if (value > greatest) greatest = value;
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const e = Math.exp(((logits[from + c] as number) - greatest) / temperature);
      exponentials[c] = e;
      sum += e;
    }
    const factor = share / sum;
    for (let c = 0; c < classes; c++) {
      row[c] = (row[c] as number) + factor * (exponentials[c] as number);
    }
  }
}

/** row += Σₖ aₖ vₖ/τ, up to a constant of the row. */
function addLogs(
  teacherLogits: readonly Values[],
  shares: Float64Array,
  temperature: number,
  from: number,
  row: Float64Array,
): void {
  const classes = row.length;
  for (let k = 0; k < shares.length; k++) {
    const share = shares[k] as number;
    if (share === 0) continue;
    const logits = teacherLogits[k] as Values;
    let greatest = Number.NEGATIVE_INFINITY;
    let vetoes = false;
    for (let c = 0; c < classes; c++) {
      const value = logits[from + c] as number;
      if (value > greatest) greatest = value;
      if (value === Number.NEGATIVE_INFINITY) vetoes = true;
    }
    const floor = vetoes ? flooredLogit(logits, from, classes, greatest) : 0;
    const factor = share / temperature;
    for (let c = 0; c < classes; c++) {
      const shifted = (logits[from + c] as number) - greatest;
      row[c] =
        (row[c] as number) + factor * (shifted === Number.NEGATIVE_INFINITY ? floor : shifted);
    }
  }
}

/** The logit, less the greatest one, of a class of probability PROBABILITY_FLOOR: log p = v − greatest − log Σ. */
export function flooredLogit(
  logits: Values,
  from: number,
  classes: number,
  greatest: number,
): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp((logits[from + c] as number) - greatest);
  return LOG_FLOOR + Math.log(sum);
}

/** log(eᵃ + eᵇ). */
export function logAddExp(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
