/**
 * Pools teachers that know different classes: each class by the teachers that recognise it.
 *
 * Symbols: K teachers with logits vₖ [N, C], pₖ = softmax(vₖ/τ), class weights Wₖ [C].
 */
import { LyceumError } from '@lyceum/proto';
import { logSoftmaxRow, type Values } from '../../arrays/index.js';
import { sharesOrEqual } from '../teachers/index.js';

/**
 * p_c ∝ Σₖ Wₖc pₖc / Σₖ Wₖc, over its sum; a class that has weight 0 from every teacher takes all teachers alike.
 *
 * @param temperature - τ, by which every teacher's logits are divided before pooling.
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @param classWeights - one [C] a teacher, relative: for example its recalls on held-out samples; 0 for a class that
 *   it was never taught.
 * @param out - [N, C].
 * @throws {LyceumError} INVALID_ARGUMENT if weights or lengths do not fit, or a row's pool is 0 in every class.
 */
export function poolPerClass(
  temperature: number,
  teacherLogits: readonly Values[],
  classWeights: readonly (readonly number[])[],
  rowCount: number,
  classCount: number,
  out: Values,
): void {
  if (classWeights.length !== teacherLogits.length || out.length < rowCount * classCount) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${teacherLogits.length} teachers' logits, ${classWeights.length} rows of class weights, room for ${out.length} of ${rowCount * classCount}`,
    );
  }
  const shares = Array.from({ length: classCount }, (_, c) =>
    sharesOrEqual(classWeights.map((weights) => weights[c] ?? Number.NaN)),
  );
  const logs = new Float64Array(classCount);
  const pooled = new Float64Array(classCount);
  for (let row = 0; row < rowCount; row++) {
    const from = row * classCount;
    pooled.fill(0);
    for (const [k, logits] of teacherLogits.entries()) {
      logSoftmaxRow(logits, from, classCount, temperature, logs, 0);
      for (const [c, share] of shares.entries()) {
        pooled[c] = (pooled[c] as number) + (share[k] as number) * Math.exp(logs[c] as number);
      }
    }
    const sum = pooled.reduce((total, p) => total + p, 0);
    if (!(sum > 0)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `sample ${row}: no teacher gives any class it has weight for a probability above 0`,
      );
    }
    for (let c = 0; c < classCount; c++) out[from + c] = (pooled[c] as number) / sum;
  }
}
