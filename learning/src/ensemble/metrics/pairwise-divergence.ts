/** How far each model is from each reference, in one pass over the rows: one softmax a model, not one a pair. */
import { argmaxRows, exponentials, logSoftmaxRows } from '../../arrays/index.js';

/** Numbers of one model in a chunk of rows: a chunk stays in the processor's cache. */
const CHUNK_NUMBERS = 2 ** 16;

/**
 * Mean over rows of KL(p ‖ q) = Σ_c p_c (log p_c − log q_c), in nats, p a reference's and q a model's softmax; the
 * same as `klDivergence`. Rows that are −∞ throughout in a reference are no answers: they do not count there.
 *
 * @param references - each [N, C], as are the models; a model may be among them.
 * @returns by reference, then by model; NaN without rows.
 */
export function pairwiseDivergences(
  references: readonly Float32Array[],
  models: readonly Float32Array[],
  rowCount: number,
  classCount: number,
): number[][] {
  const sums = references.map(() => models.map(() => 0));
  const counts = references.map((reference) => {
    const best = argmaxRows(reference, rowCount, classCount);
    return best.reduce((count, own) => (own === -1 ? count : count + 1), 0);
  });
  const chunkRows = Math.max(1, Math.floor(CHUNK_NUMBERS / classCount));
  for (let row = 0; row < rowCount; row += chunkRows) {
    const rows = Math.min(chunkRows, rowCount - row);
    const logs = (values: Float32Array) =>
      logSoftmaxRows(
        values.subarray(row * classCount, (row + rows) * classCount),
        rows,
        classCount,
      );
    const modelLogs = models.map(logs);
    for (const [r, reference] of references.entries()) {
      const known = models.indexOf(reference);
      const logP = known < 0 ? logs(reference) : (modelLogs[known] as Float64Array);
      const p = exponentials(logP);
      for (const [m, logQ] of modelLogs.entries()) {
        const own = sums[r] as number[];
        own[m] = (own[m] as number) + divergence(p, logP, logQ);
      }
    }
  }
  return sums.map((own, r) => own.map((sum) => sum / (counts[r] as number)));
}

/** A class of probability 0 adds nothing, whatever q says. */
function divergence(p: Float64Array, logP: Float64Array, logQ: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const share = p[i] as number;
    if (share > 0) sum += share * ((logP[i] as number) - (logQ[i] as number));
  }
  return sum;
}
