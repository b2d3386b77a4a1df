/**
 * Whether a teacher knows anything of the samples at hand: its accuracy against chance, and whether its answers differ
 * at all.
 *
 * Symbols: N rows, C classes, n rows with a label, k of them right. If a teacher only guesses, k is binomial with n
 * and 1/C; a teacher is held to know something if P(K ≥ k) ≤ {@link CHANCE_LEVEL}. Few rows cannot reach that level: a
 * teacher that is right on most rows, at least the mean of 1/C and 1, is held to know something at
 * {@link MOSTLY_RIGHT_LEVEL}. For a teacher that knows only some of the classes, n counts the rows of these, and C
 * these classes.
 *
 * Where classes are uneven, a teacher that nearly always names the commonest class is right more often than 1/C. So
 * its answers must also fit the rows' own labels better than the same labels dealt at random, at {@link DEALT_LEVEL}:
 * either the class that it names, or its probabilities of each class.
 */
import { argmaxRows, bestAssignment, logSoftmaxRows, type Values } from '../../arrays/index.js';
import { canTellOrder, guessedShare, isBetterOrder } from './class-order.js';
import { dealtLabelsP } from './dealt-labels.js';
import { classMask, type KnownClasses } from './known-classes.js';

/** One in a thousand teachers that know nothing passes. */
const CHANCE_LEVEL = 1e-3;

/** Of teachers that know nothing, one in twenty passes, if it is also right on most rows. */
const MOSTLY_RIGHT_LEVEL = 0.05;

/**
 * Level of each of the two tests against dealt labels: one in twenty teachers that know nothing passes. A stricter
 * level would stop weak teachers, since rare classes have few rows.
 */
const DEALT_LEVEL = 0.025;

/**
 * Least number of rows outside the commonest class for these tests. With so many rows, a teacher that ranks three in
 * four pairs of rows right passes four times in five.
 */
const LEAST_OTHER_ROWS = 10;

/**
 * Outputs of equal rows differ by this share of the greatest logit (at least 1), depending on their place in a batch.
 */
const EQUAL_ROWS_TOLERANCE = 1e-5;

export interface TeacherKnowledge {
  readonly rowCount: number;
  /** Rows whose label is a class that the teacher knows. */
  readonly labelledCount: number;
  readonly correctCount: number;
  /** Mean entropy of softmax(z), in nats; absent: unknown, since the answers are final. */
  readonly meanEntropy?: number | undefined;
  /** `at-chance`: no better than guessing. `constant`: the same output for every row. Absent: neither. */
  readonly finding?: 'at-chance' | 'constant' | undefined;
  /**
   * Labelled rows on which the teacher would be right on average if labels were dealt to the rows at random. Present
   * only if the test against dealt labels found it at chance.
   */
  readonly dealtCount?: number | undefined;
  /**
   * Its logits are distributions, row by row: its model gives probabilities, whatever its settings say. Absent: they
   * are not.
   */
  readonly givesDistributions?: true | undefined;
  /** Absent: no order is better, or a better one may fit by chance. */
  readonly otherOrder?: OtherOrder | undefined;
}

/** Another one-to-one order of a teacher's classes, by which it would be right far more often. */
interface OtherOrder {
  /** For each of the set's classes: the class that the teacher seems to mean by it. */
  readonly classes: readonly number[];
  readonly correctCount: number;
}

/** How far float32 or half floats may move a sum of probabilities from 1 by rounding. */
const SUM_TOLERANCE = 1e-2;

/**
 * @param logits - [N, C], N > 0; −∞ for a class that the teacher does not know.
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
  const logs = logSoftmaxRows(logits, rowCount, classCount);
  const knowable = knownLabels(labels, classCount, known);
  const measured = {
    ...countRight(best, knowable),
    meanEntropy: meanEntropy(logs, rowCount),
    ...(areDistributions(logits, rowCount, classCount) && { givesDistributions: true as const }),
    ...betterOrder(best, labels, known, classCount),
  };
  if (isConstant(logits, rowCount, classCount)) return { ...measured, finding: 'constant' };
  const rows = { answers: best, labels: knowable, logProbabilities: logs, classCount };
  return withFinding(measured, rows, known?.length ?? classCount);
}

/**
 * The same for a teacher that gives final answers only.
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
  const knowable = knownLabels(labels, classCount, known);
  const measured = {
    ...countRight(classes, knowable),
    ...betterOrder(classes, labels, known, classCount),
  };
  if (isConstant(classes, labels.length, 1)) return { ...measured, finding: 'constant' };
  const rows = { answers: classes, labels: knowable, classCount };
  return withFinding(measured, rows, known?.length ?? classCount);
}

/** Labels as −1 where the teacher does not know the class. */
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

/** Whether each row has numbers from 0 to 1 of sum 1; −∞, of a class that the teacher does not know, is skipped. */
function areDistributions(logits: Values, rowCount: number, classCount: number): boolean {
  for (let row = 0; row < rowCount; row++) {
    let sum = 0;
    for (let c = 0; c < classCount; c++) {
      const value = logits[row * classCount + c] as number;
      if (value === Number.NEGATIVE_INFINITY) continue;
      if (value < -SUM_TOLERANCE) return false;
      sum += value;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) return false;
  }
  return true;
}

/** The one-to-one order of classes in which most answers are right, if it is better than chance explains. */
function betterOrder(
  answers: ArrayLike<number>,
  labels: Int32Array,
  known: KnownClasses,
  classCount: number,
): Pick<TeacherKnowledge, 'otherOrder'> {
  const rows = [...labels.keys()].filter((row) => (labels[row] as number) >= 0);
  // Answers of a teacher with fewer classes would fit many choices of the set's classes equally well.
  if (known !== undefined || !canTellOrder(rows.length, classCount)) return {};
  const counts = new Float64Array(classCount * classCount);
  const answerCounts = new Float64Array(classCount);
  const labelCounts = new Float64Array(classCount);
  let presentCount = 0;
  for (const row of rows) {
    const [answer, label] = [answers[row] as number, labels[row] as number];
    if (answer < 0) continue;
    const at = answer * classCount + label;
    counts[at] = (counts[at] as number) + 1;
    answerCounts[answer] = (answerCounts[answer] as number) + 1;
    labelCounts[label] = (labelCounts[label] as number) + 1;
    if (answer === label) presentCount++;
  }
  const order = bestAssignment(counts, classCount);
  const rightCount = order.reduce(
    (sum, label, c) => sum + (counts[c * classCount + label] ?? 0),
    0,
  );
  const guessed = guessedShare(answerCounts, labelCounts);
  const compared = { rowCount: rows.length, classCount, rightCount, presentCount };
  if (!isBetterOrder({ ...compared, guessedShare: guessed })) return {};
  return { otherOrder: { classes: [...order], correctCount: rightCount } };
}

/** Answers to rows, and the rows' labels; −1: no label that the teacher knows. */
interface AnsweredRows {
  readonly answers: ArrayLike<number>;
  readonly labels: Int32Array;
  /** [N, C]; absent: answers are final. */
  readonly logProbabilities?: Float64Array;
  readonly classCount: number;
}

/** @param knownCount - classes that the teacher knows. */
function withFinding(
  measured: TeacherKnowledge,
  rows: AnsweredRows,
  knownCount: number,
): TeacherKnowledge {
  const { labelledCount, correctCount } = measured;
  const isMostlyRight = correctCount >= (labelledCount * (1 + 1 / knownCount)) / 2;
  const level = isMostlyRight ? MOSTLY_RIGHT_LEVEL : CHANCE_LEVEL;
  // On so few rows not even a perfect teacher could reach the level.
  const canShow = knownCount ** -labelledCount <= CHANCE_LEVEL;
  if (!canShow) return measured;
  if (binomialTail(labelledCount, correctCount, 1 / knownCount) > level) {
    return { ...measured, finding: 'at-chance' };
  }
  const dealtCount = countOfDealtLabels(rows);
  return dealtCount === undefined ? measured : { ...measured, finding: 'at-chance', dealtCount };
}

/** Rows that are right on average if labels are dealt at random; undefined: the rows' own labels fit better. */
function countOfDealtLabels(rows: AnsweredRows): number | undefined {
  const { answers, logProbabilities, classCount } = rows;
  const chosen = [...rows.labels.keys()].filter((row) => (rows.labels[row] as number) >= 0);
  const labels = Int32Array.from(chosen, (row) => rows.labels[row] as number);
  const labelCounts = new Float64Array(classCount);
  for (const label of labels) labelCounts[label] = (labelCounts[label] as number) + 1;
  if (labels.length - Math.max(...labelCounts) < LEAST_OTHER_ROWS) return undefined;
  const isBelow = (score: (row: number, c: number) => number) =>
    dealtLabelsP((row, c) => score(chosen[row] as number, c), labels) <= DEALT_LEVEL;
  if (isBelow((row, c) => (answers[row] === c ? 1 : 0))) return undefined;
  if (logProbabilities && isBelow((row, c) => logProbabilities[row * classCount + c] as number)) {
    return undefined;
  }
  const right = chosen.reduce((sum, row) => sum + (labelCounts[answers[row] as number] ?? 0), 0);
  return right / labels.length;
}

/**
 * P(K ≥ k) of K binomial with n and p, 0 < p < 1; summed from the smallest terms' logarithms, so that none vanishes.
 */
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

function meanEntropy(logs: Float64Array, rowCount: number): number {
  let sum = 0;
  for (const log of logs) if (log > Number.NEGATIVE_INFINITY) sum -= Math.exp(log) * log;
  return sum / rowCount;
}

/** @param values - [rowCount, width]. A single row is never called constant. */
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
