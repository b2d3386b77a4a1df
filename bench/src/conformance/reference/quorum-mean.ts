/**
 * The arithmetic pool of the teachers whose answers have arrived, if they are enough.
 *
 * If lateness depends on the sample, the mean over the teachers in time is biased: record the teachers of each target.
 */
import type { Values } from '@lyceum/learning/arrays';
import { pool } from '@lyceum/learning/ensemble';

/**
 * Σ_arrived wₖ pₖ / Σ_arrived w, [N, C]; `null` where fewer than `quorum` arrived or all their weights are 0.
 *
 * @param temperature - of every teacher's logits, before pooling.
 * @param teacherLogits - [N, C] for each teacher, in ensemble order; `undefined` if its answers have not arrived.
 * @param quorum - a count.
 * @throws {LyceumError} INVALID_ARGUMENT if weights or lengths do not fit.
 */
export function quorumMean(
  temperature: number,
  teacherLogits: readonly (Values | undefined)[],
  teacherWeights: readonly number[],
  quorum: number,
  rowCount: number,
  classCount: number,
): Float64Array | null {
  const arrived: Values[] = [];
  const weights: number[] = [];
  for (const [k, logits] of teacherLogits.entries()) {
    if (logits === undefined) continue;
    arrived.push(logits);
    weights.push(teacherWeights[k] ?? Number.NaN);
  }
  if (arrived.length === 0 || arrived.length < quorum) return null;
  if (weights.every((weight) => weight === 0)) return null;
  const out = new Float64Array(rowCount * classCount);
  pool(
    {
      rule: 'arithmetic',
      temperature,
      teacherLogits: arrived,
      teacherWeights: weights,
      rowCount,
      classCount,
    },
    out,
  );
  return out;
}
