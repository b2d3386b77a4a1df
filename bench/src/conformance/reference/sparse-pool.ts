/**
 * The arithmetic pool of teachers that send only their greatest probabilities.
 *
 * The probability that a teacher did not send, r = max(0, 1 − Σ sent), either stays separate (`residual`) or is spread
 * over the classes that the teacher did not send (`uniform`, the marginal smoothing of Shen & Xing 2022 (FKD), §3,
 * https://arxiv.org/abs/2112.01528). There is no geometric pool: it would need a least probability.
 *
 * Symbols: V classes, k of them sent, wₖ the teachers' weights.
 */
import { residualOf } from '@lyceum/learning/arrays';
import { LyceumError } from '@lyceum/proto';

export interface SparseRow {
  /** Classes, each once. */
  readonly ids: ArrayLike<number>;
  /** Probabilities of the classes; their sum is at most 1, up to rounding. */
  readonly probabilities: ArrayLike<number>;
}

export interface PooledSparseRow {
  /** All classes that any teacher sent, ascending. */
  readonly ids: Int32Array;
  readonly probabilities: Float64Array;
  /** max(0, 1 − Σ probabilities): the probability of all other classes together. */
  readonly residual: number;
}

/** The probability of a class that a teacher did not send: 0, or r/(V−k). */
export type UnsentClasses = 'residual' | 'uniform';

/**
 * One sample's pooled row.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a class is out of range or sent twice, lengths differ, or weights do not
 * fit.
 */
export function poolSparse(
  rows: readonly SparseRow[],
  teacherWeights: readonly number[],
  classCount: number,
  unsent: UnsentClasses,
): PooledSparseRow {
  const sum = teacherWeights.reduce((total, weight) => total + weight, 0);
  const shares = teacherWeights.map((weight) => weight / sum);
  if (shares.length !== rows.length) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want a weight for each teacher, got ${rows.length} teachers and ${shares.length} weights`,
    );
  }
  const sent = rows.map((row, k) => asMap(row, k, classCount));
  const ids = Int32Array.from(new Set(sent.flatMap((row) => [...row.keys()]))).sort();
  const probabilities = new Float64Array(ids.length);
  for (const [k, row] of sent.entries()) {
    const share = shares[k] as number;
    const elsewhere = unsent === 'uniform' ? smoothing(row, classCount) : 0;
    for (const [i, id] of ids.entries()) {
      probabilities[i] = (probabilities[i] as number) + share * (row.get(id) ?? elsewhere);
    }
  }
  return { ids, probabilities, residual: residualOf(probabilities) };
}

function smoothing(row: ReadonlyMap<number, number>, classCount: number): number {
  return row.size < classCount ? residualOf(row.values()) / (classCount - row.size) : 0;
}

function asMap(
  { ids, probabilities }: SparseRow,
  teacher: number,
  classCount: number,
): Map<number, number> {
  const out = new Map<number, number>();
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (!(Number.isInteger(id) && id >= 0 && id < classCount) || out.has(id)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `teacher ${teacher}: want each class once, as a number below ${classCount}; got ${id}`,
      );
    }
    out.set(id, probabilities[i] ?? Number.NaN);
  }
  if (ids.length !== probabilities.length) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `teacher ${teacher}: want a probability for each class, got ${ids.length} classes and ${probabilities.length} probabilities`,
    );
  }
  return out;
}
