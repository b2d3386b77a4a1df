/**
 * Whether a teacher knows anything of the samples at hand: its accuracy against chance, and whether it says anything
 * at all.
 *
 * Symbols: N rows, C classes, n rows with a label, k of them right. Under "at chance" k is binomial with n and 1/C; a
 * teacher is held to know something once P(K ≥ k) ≤ {@link CHANCE_LEVEL}. Of a teacher that knows only some of the classes
 * n are the rows of these, and C is their number.
 */
import { classMask, type KnownClasses } from './known-classes.js';
import { argmaxRows, logSoftmaxRow, type Values } from './log-softmax.js';

/** One in a thousand teachers that know nothing passes. */
export const CHANCE_LEVEL = 1e-3;

/** Of the greatest logit (at least 1): what engines move equal rows by, depending on their place in a batch. */
const EQUAL_ROWS_TOLERANCE = 1e-5;

export interface TeacherKnowledge {
  readonly rowCount: number;
  /** Rows with a label that the teacher knows. */
  readonly labelledCount: number;
  readonly correctCount: number;
  /** Of softmax(z), in nats; absent: of final answers nobody knows it. */
  readonly meanEntropy?: number | undefined;
  /** `at-chance`: no better than guessing. `constant`: the same output for every row. Absent: neither. */
  readonly finding?: 'at-chance' | 'constant' | undefined;
}

/**
 * @param logits - [N, C], N > 0; −∞ of a class that the teacher does not know.
 * @param labels - [N]; −1: none.
 */
export function teacherKnowledge(
  logits: Values,
  labels: Int32Array,
  classCount: number,
  known?: KnownClasses,
): TeacherKnowledge {
  const rowCount = labels.length;
  const best = argmaxRows(logits, rowCount, classCount);
  const counts = countRight(best, knownLabels(labels, classCount, known));
  const measured = { ...counts, meanEntropy: meanEntropy(logits, rowCount, classCount) };
  const isSame = isConstant(logits, rowCount, classCount);
  return withFinding(measured, isSame, known?.length ?? classCount);
}

/**
 * The same of a teacher that gives final answers only.
 *
 * @param classes - [N], N > 0.
 * @param labels - [N]; −1: none.
 */
export function finalAnswerKnowledge(
  classes: ArrayLike<number>,
  labels: Int32Array,
  classCount: number,
  known?: KnownClasses,
): TeacherKnowledge {
  return withFinding(
    countRight(classes, knownLabels(labels, classCount, known)),
    isConstant(classes, labels.length, 1),
    known?.length ?? classCount,
  );
}

/** −1 where the teacher cannot know better. */
function knownLabels(labels: Int32Array, classCount: number, known: KnownClasses): Int32Array {
  if (known === undefined) return labels;
  const mask = classMask(known, classCount);
  return labels.map((label) => (mask[label] === 1 ? label : -1));
}

function countRight(classes: ArrayLike<number>, labels: Int32Array) {
  let [labelledCount, correctCount] = [0, 0];
  for (const [row, label] of labels.entries()) {
    if (label < 0) continue;
    labelledCount++;
    if (classes[row] === label) correctCount++;
  }
  return { rowCount: labels.length, labelledCount, correctCount };
}

function withFinding(
  measured: TeacherKnowledge,
  saysTheSame: boolean,
  classCount: number,
): TeacherKnowledge {
  if (saysTheSame) return { ...measured, finding: 'constant' };
  const { labelledCount, correctCount } = measured;
  const isKnown = binomialTail(labelledCount, correctCount, 1 / classCount) <= CHANCE_LEVEL;
  // Of so few rows not even a teacher that knows all could show it.
  const canShow = classCount ** -labelledCount <= CHANCE_LEVEL;
  return !isKnown && canShow ? { ...measured, finding: 'at-chance' } : measured;
}

/** P(K ≥ k) of K binomial with n and p, 0 < p < 1; summed from the smallest terms' logarithms, so that none vanishes. */
export function binomialTail(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  // log P(K = j), from j = 0 by the ratio of neighbours.
  let log = n * Math.log1p(-p);
  const odds = Math.log(p) - Math.log1p(-p);
  let sum = 0;
  for (let j = 1; j <= n; j++) {
    log += Math.log(n - j + 1) - Math.log(j) + odds;
    if (j >= k) sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

function meanEntropy(logits: Values, rowCount: number, classCount: number): number {
  const logs = new Float64Array(classCount);
  let sum = 0;
  for (let row = 0; row < rowCount; row++) {
    logSoftmaxRow(logits, row * classCount, classCount, 1, logs, 0);
    for (const log of logs) if (log > Number.NEGATIVE_INFINITY) sum -= Math.exp(log) * log;
  }
  return sum / rowCount;
}

/** @param values - [rowCount, width]. One row alone says nothing of the others. */
function isConstant(values: ArrayLike<number>, rowCount: number, width: number): boolean {
  if (rowCount < 2) return false;
  for (let c = 0; c < width; c++) {
    const first = values[c] as number;
    const tolerance = EQUAL_ROWS_TOLERANCE * Math.max(1, Math.abs(first));
    for (let row = 1; row < rowCount; row++) {
      if (Math.abs((values[row * width + c] as number) - first) > tolerance) return false;
    }
  }
  return true;
}
