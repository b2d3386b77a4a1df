/** Looks at a few rows of what leaves for a student, whether its teachers are still what they were. */
import { logSoftmaxRow } from '@lyceum/learning/arrays';
import { logitsOf, type StoredLogits, storedRows } from '../data-plane/index.js';
import { type DriftObservation, TeacherDrift } from './teacher-drift.js';

/** Rows of each piece that is sent: enough over an epoch, and too few to cost the student anything. */
const ROWS = 4;

export interface DriftedTeacher {
  /** In ensemble order. */
  readonly teacher: number;
  readonly text: string;
}

export class EnsembleDrift {
  readonly #teachers: readonly TeacherDrift[];
  readonly #weights: readonly number[];
  readonly #classCount: number;

  /** @param weights - of the teachers in the ensemble. */
  constructor(weights: readonly number[], classCount: number) {
    this.#teachers = weights.map(() => new TeacherDrift());
    this.#weights = weights;
    this.#classCount = classCount;
  }

  /**
   * @param contributors - the teachers whose answers these are.
   * @param answers - N rows each, of which some are looked at; borrowed.
   */
  look(
    contributors: readonly number[],
    answers: readonly StoredLogits[],
    rowCount: number,
  ): DriftedTeacher[] {
    const rows = Array.from({ length: Math.min(ROWS, rowCount) }, (_, i) =>
      Math.floor((i * rowCount) / ROWS),
    );
    const sums = contributors.map(() => ({ agreement: 0, entropy: 0 }));
    for (const row of rows) {
      const logits = answers.map((stored) =>
        logitsOf(storedRows(stored, rowCount, row, row + 1), this.#classCount),
      );
      this.#add(sums, contributors, logits);
    }
    return contributors.flatMap((teacher, k) => {
      const sum = sums[k] as DriftObservation;
      const observation = {
        agreement: sum.agreement / rows.length,
        entropy: sum.entropy / rows.length,
      };
      const texts = this.#teachers[teacher]?.observe(observation) ?? [];
      return texts.map((text) => ({ teacher, text }));
    });
  }

  /** Adds one row, [C] a teacher: whether each teacher's class is that of their weighted mean, and its share of ln C. */
  #add(
    sums: { agreement: number; entropy: number }[],
    contributors: readonly number[],
    logits: readonly Float32Array[],
  ): void {
    const classCount = this.#classCount;
    const pooled = new Float64Array(classCount);
    const logs = new Float64Array(classCount);
    const classes = contributors.map((teacher, k) => {
      logSoftmaxRow(logits[k] as Float32Array, 0, classCount, 1, logs, 0);
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
      if (own === ensemble) (sums[k] as DriftSum).agreement++;
    }
  }
}

type DriftSum = { agreement: number; entropy: number };

function greatest(values: Float64Array): number {
  let best = 0;
  for (let c = 1; c < values.length; c++) {
    if ((values[c] as number) > (values[best] as number)) best = c;
  }
  return best;
}
