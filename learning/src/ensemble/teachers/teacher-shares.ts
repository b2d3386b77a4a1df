/** Turns weights that need not sum to 1 into shares that do. */
import { LyceumError } from '@lyceum/proto';
import type { Values } from '../../arrays/index.js';

/**
 * aₖ = wₖ / Σw.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a weight is negative or not finite, or all are 0.
 */
export function teacherShares(teacherWeights: readonly number[]): Float64Array {
  let sum = 0;
  for (const weight of teacherWeights) {
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw new LyceumError('INVALID_ARGUMENT', `a teacher's weight must be ≥ 0, got ${weight}`);
    }
    sum += weight;
  }
  if (!(sum > 0 && Number.isFinite(sum))) {
    throw new LyceumError('INVALID_ARGUMENT', `teachers' weights must have a sum > 0, got ${sum}`);
  }
  return Float64Array.from(teacherWeights, (weight) => weight / sum);
}

/** {@link teacherShares}; equal shares where all weights are 0. */
export function sharesOrEqual(teacherWeights: readonly number[]): Float64Array {
  const allZero = teacherWeights.length > 0 && teacherWeights.every((weight) => weight === 0);
  return teacherShares(allZero ? teacherWeights.map(() => 1) : teacherWeights);
}

/**
 * The shares [K] of each row, and a check that lengths fit.
 *
 * @param shares - [K], or [N, K].
 * @throws {LyceumError} INVALID_ARGUMENT if lengths do not fit.
 */
export function rowShares(
  teacherLogits: readonly Values[],
  shares: Float64Array,
  rowCount: number,
  classCount: number,
  out: Values,
): (row: number) => Float64Array {
  const teacherCount = teacherLogits.length;
  const values = rowCount * classCount;
  const each = shares.length !== teacherCount;
  if (each && shares.length !== rowCount * teacherCount) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${teacherCount} teachers' logits and ${shares.length} weights`,
    );
  }
  for (const [k, logits] of teacherLogits.entries()) {
    if ((each || shares[k] !== 0) && logits.length < values) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `teacher ${k}: want ${values} logits, got ${logits.length}`,
      );
    }
  }
  if (out.length < values) {
    throw new LyceumError('INVALID_ARGUMENT', `pool: want room for ${values}, got ${out.length}`);
  }
  if (!each) return () => shares;
  return (row) => shares.subarray(row * teacherCount, (row + 1) * teacherCount);
}
