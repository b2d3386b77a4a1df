/**
 * How good a model is, and how similar to another one, over logits [N, C] and labels [N].
 *
 * Rows of label −1 do not count. With no row that counts a metric is NaN. Ties of the argmax go to the lowest
 * class. Log probabilities may stand for logits everywhere: softmax leaves them as they are.
 *
 * A row that is −∞ throughout is no answer. Against a label it is wrong, with equal probabilities of all classes; where
 * two models are compared, the row does not count.
 *
 * Symbols: q = softmax(z), y the label, M the rows that count.
 */
import { argmaxRows, exponentials, logSoftmaxRows, type Values } from '../../arrays/index.js';

/** Share of rows whose argmax is the label. */
export function accuracy(logits: Values, labels: Int32Array, classCount: number): number {
  const best = argmaxRows(logits, labels.length, classCount);
  return meanOverLabelled(labels, (row, label) => (best[row] === label ? 1 : 0));
}

/**
 * Share of rows whose label is among the `k` greatest logits; of equal ones the lower class comes first. A label of −∞,
 * to which the model gives probability 0, is not among them.
 */
export function topKAccuracy(
  logits: Values,
  labels: Int32Array,
  classCount: number,
  k: number,
): number {
  return meanOverLabelled(labels, (row, label) => {
    const from = row * classCount;
    const own = logits[from + label] as number;
    if (own === Number.NEGATIVE_INFINITY) return 0;
    let ahead = 0;
    for (let c = 0; c < classCount; c++) {
      const other = logits[from + c] as number;
      if (other > own || (other === own && c < label)) ahead++;
    }
    return ahead < k ? 1 : 0;
  });
}

/** Share of the rows of each class whose argmax is that class, [C]; NaN for a class without rows. */
export function recalls(logits: Values, labels: Int32Array, classCount: number): Float64Array {
  const best = argmaxRows(logits, labels.length, classCount);
  const hits = new Float64Array(classCount);
  const rows = new Float64Array(classCount);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (label < 0) continue;
    rows[label] = (rows[label] as number) + 1;
    if (best[row] === label) hits[label] = (hits[label] as number) + 1;
  }
  return hits.map((count, c) => count / (rows[c] as number));
}

/** Negative log-likelihood, −1/M Σ log q_y, in nats, of q = softmax(z/τ) with τ = `temperature`. */
export function nll(
  logits: Values,
  labels: Int32Array,
  classCount: number,
  temperature = 1,
): number {
  const logs = logProbabilities(logits, labels.length, classCount, temperature);
  return meanOverLabelled(labels, (row, label) => -(logs[row * classCount + label] as number));
}

/** Brier score, 1/M Σ Σ_c (q_c − [c = y])². Brier 1950, summed over classes. */
export function brier(logits: Values, labels: Int32Array, classCount: number): number {
  const q = exponentials(logProbabilities(logits, labels.length, classCount));
  return meanOverLabelled(labels, (row, label) => {
    let sum = 0;
    for (let c = 0; c < classCount; c++) {
      const error = (q[row * classCount + c] as number) - (c === label ? 1 : 0);
      sum += error * error;
    }
    return sum;
  });
}

/**
 * Expected calibration error: |confidence − accuracy| of equally wide bins (lo, hi] of the confidence
 * max_c q_c, weighted by their rows. Guo et al. 2017, §2, https://arxiv.org/abs/1706.04599
 */
export function ece(logits: Values, labels: Int32Array, classCount: number, binCount = 15): number {
  const bins = reliabilityBins(logits, labels, classCount, binCount);
  let sum = 0;
  for (const { confidenceSum, correctCount } of bins) sum += Math.abs(confidenceSum - correctCount);
  return sum / labels.filter((label) => label >= 0).length;
}

/** Rows whose confidence is in one bin. */
export interface ReliabilityBin {
  count: number;
  confidenceSum: number;
  correctCount: number;
}

/**
 * What lies above an edge by this share of a bin lies on it. Shares of votes, as 4/5, are on edges, and logarithms in
 * float32 move them by less.
 */
const EDGE_TOLERANCE = 1e-5;

/** The bins of {@link ece}. @param bins - bins of other rows, to which these rows are added. */
export function reliabilityBins(
  logits: Values,
  labels: Int32Array,
  classCount: number,
  binCount: number,
  bins: ReliabilityBin[] = Array.from({ length: binCount }, () => ({
    count: 0,
    confidenceSum: 0,
    correctCount: 0,
  })),
): ReliabilityBin[] {
  const best = argmaxRows(logits, labels.length, classCount);
  for (let row = 0; row < labels.length; row++) {
    if ((labels[row] as number) < 0) continue;
    const confidence = greatestProbability(logits, row, classCount, best[row] as number);
    const index = Math.max(0, Math.ceil(confidence * binCount - EDGE_TOLERANCE) - 1);
    // A confidence of NaN is in no bin.
    const bin = bins[index] ?? { count: 0, confidenceSum: 0, correctCount: 0 };
    bin.count++;
    bin.confidenceSum += confidence;
    if (best[row] === labels[row]) bin.correctCount++;
  }
  return bins;
}

/** Share of rows with the same argmax. Stanton et al. 2021, eq. 2, https://arxiv.org/abs/2106.05945 */
export function agreement(a: Values, b: Values, rowCount: number, classCount: number): number {
  const bestA = argmaxRows(a, rowCount, classCount);
  const bestB = argmaxRows(b, rowCount, classCount);
  let same = 0;
  let rows = 0;
  for (let row = 0; row < rowCount; row++) {
    if (bestA[row] === -1 || bestB[row] === -1) continue;
    rows++;
    if (bestA[row] === bestB[row]) same++;
  }
  return same / rows;
}

/**
 * Share of the rows that the teacher gets wrong on which the student has the teacher's argmax: what was
 * imitated rather than learnt. Rows of label −1 do not count; NaN where the teacher is never wrong.
 */
export function agreementWhereTeacherWrong(
  student: Values,
  teacher: Values,
  labels: Int32Array,
  classCount: number,
): number {
  const bestStudent = argmaxRows(student, labels.length, classCount);
  const bestTeacher = argmaxRows(teacher, labels.length, classCount);
  const wrong = labels.map((label, row) => {
    const isAnswered = bestTeacher[row] !== -1 && bestStudent[row] !== -1;
    return isAnswered && bestTeacher[row] !== label ? label : -1;
  });
  return meanOverLabelled(wrong, (row) => (bestStudent[row] === bestTeacher[row] ? 1 : 0));
}

/** Mean over all rows of the total variation distance ½ Σ_c |p_c − q_c|. */
export function totalVariation(a: Values, b: Values, rowCount: number, classCount: number): number {
  const p = logSoftmaxRows(a, rowCount, classCount);
  const q = logSoftmaxRows(b, rowCount, classCount);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum += Math.abs(Math.exp(p[i] as number) - Math.exp(q[i] as number));
  }
  return sum / (2 * rowCount);
}

/** Mean over rows of KL(from ‖ to) = Σ_c p_c (log p_c − log q_c), p of `from`, q of `to`, in nats. Eq. 3 there. */
export function klDivergence(
  from: Values,
  to: Values,
  rowCount: number,
  classCount: number,
): number {
  const p = logSoftmaxRows(from, rowCount, classCount);
  const q = logSoftmaxRows(to, rowCount, classCount);
  const best = argmaxRows(from, rowCount, classCount);
  let sum = 0;
  let rows = 0;
  for (let row = 0; row < rowCount; row++) {
    if (best[row] === -1) continue;
    rows++;
    for (let i = row * classCount; i < (row + 1) * classCount; i++) {
      const logP = p[i] as number;
      // A class of probability 0 adds nothing, whatever q says.
      if (logP > Number.NEGATIVE_INFINITY) sum += Math.exp(logP) * (logP - (q[i] as number));
    }
  }
  return sum / rows;
}

/**
 * Share of the ensemble's lead over the student trained alone that the student made good: (student − alone) /
 * (ensemble − alone), of accuracies. `null` where the ensemble does not lead.
 */
export function gapClosed(student: number, alone: number, ensemble: number): number | null {
  const gap = ensemble - alone;
  return gap > 0 ? (student - alone) / gap : null;
}

/**
 * 1 / Σ_c exp(z_c − z_best): exact even where a confidence lies on the edge of a bin.
 *
 * @param best - the row's argmax; −1: no answer.
 */
export function greatestProbability(
  logits: Values,
  row: number,
  classCount: number,
  best: number,
): number {
  if (best === -1) return 1 / classCount;
  const from = row * classCount;
  let sum = 0;
  for (let c = 0; c < classCount; c++) {
    sum += Math.exp((logits[from + c] as number) - (logits[from + best] as number));
  }
  return 1 / sum;
}

/** [N, C]; equal ones of a row that is no answer. */
function logProbabilities(
  logits: Values,
  rowCount: number,
  classCount: number,
  temperature?: number,
): Float64Array {
  const logs = logSoftmaxRows(logits, rowCount, classCount, temperature);
  for (const [row, best] of argmaxRows(logits, rowCount, classCount).entries()) {
    if (best === -1) logs.fill(-Math.log(classCount), row * classCount, (row + 1) * classCount);
  }
  return logs;
}

function meanOverLabelled(
  labels: Int32Array,
  value: (row: number, label: number) => number,
): number {
  let sum = 0;
  let rows = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (label < 0) continue;
    rows++;
    sum += value(row, label);
  }
  return sum / rows;
}
