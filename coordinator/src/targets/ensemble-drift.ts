/**
 * Samples a few rows of the answers in each piece that is sent, to see whether the teachers still answer as before.
 */
import { argmaxRows, logSoftmaxRow } from '@lyceum/learning/arrays';
import { logitsOf, type StoredLogits, storedRows } from '../data-plane/index.js';
import { TeacherDrift } from './teacher-drift.js';

/** Rows of each piece that are looked at: enough over an epoch, and too few to slow the student down. */
const ROWS = 4;

export interface DriftedTeacher {
  /** Ensemble index. */
  readonly teacher: number;
  readonly text: string;
}

export class EnsembleDrift {
  readonly #teachers: readonly TeacherDrift[];
  readonly #weights: readonly number[];
  readonly #classCount: number;

  /** @param weights - weights of the teachers, in ensemble order. */
  constructor(weights: readonly number[], classCount: number) {
    this.#teachers = weights.map(() => new TeacherDrift());
    this.#weights = weights;
    this.#classCount = classCount;
  }

  /**
   * @param contributors - ensemble indices of the teachers that gave `answers`, in the same order.
   * @param answers - N rows for each contributor, of which some are looked at; borrowed.
   */
  look(
    contributors: readonly number[],
    answers: readonly StoredLogits[],
    rowCount: number,
  ): DriftedTeacher[] {
    const rows = Array.from({ length: Math.min(ROWS, rowCount) }, (_, i) =>
      Math.floor((i * rowCount) / ROWS),
    );
    const sums = contributors.map(() => ({ rows: 0, agreement: 0, entropy: 0 }));
    for (const row of rows) {
      const logits = answers.map((stored) =>
        logitsOf(storedRows(stored, rowCount, row, row + 1), this.#classCount),
      );
      this.#add(sums, contributors, logits);
    }
    return contributors.flatMap((teacher, k) => {
      const sum = sums[k] as DriftSum;
      if (sum.rows === 0) return [];
      const observation = {
        agreement: sum.agreement / sum.rows,
        entropy: sum.entropy / sum.rows,
      };
      const texts = this.#teachers[teacher]?.observe(observation) ?? [];
      return texts.map((text) => ({ teacher, text }));
    });
  }

  /**
   * Adds one row, [C] a teacher: whether the teacher's class is that of the weighted mean, and its entropy over ln C.
   * Teachers that abstain are left out.
   */
  #add(sums: DriftSum[], contributors: readonly number[], logits: readonly Float32Array[]): void {
    const classCount = this.#classCount;
    const pooled = new Float64Array(classCount);
    const logs = new Float64Array(classCount);
    const classes = contributors.map((teacher, k) => {
      const own = logits[k] as Float32Array;
      if (argmaxRows(own, 1, classCount)[0] === -1) return -1;
      logSoftmaxRow(own, 0, classCount, 1, logs, 0);
      const weight = this.#weights[teacher] ?? 0;
      let entropy = 0;
      for (let c = 0; c < classCount; c++) {
        const log = logs[c] as number;
        const p = Math.exp(log);
        if (p > 0) entropy -= p * log;
        pooled[c] = (pooled[c] as number) + weight * p;
      }
      (sums[k] as DriftSum).entropy += entropy / Math.log(Math.max(2, classCount));
      return greatest(logs);
    });
    const ensemble = greatest(pooled);
    for (const [k, own] of classes.entries()) {
      if (own === -1) continue;
      const sum = sums[k] as DriftSum;
      sum.rows++;
      if (own === ensemble) sum.agreement++;
    }
  }
}

/** Over the rows that the teacher answered. */
type DriftSum = { rows: number; agreement: number; entropy: number };

function greatest(values: Float64Array): number {
  let best = 0;
  for (let c = 1; c < values.length; c++) {
    if ((values[c] as number) > (values[best] as number)) best = c;
  }
  return best;
}
