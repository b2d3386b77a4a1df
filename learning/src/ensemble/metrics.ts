/**
 * How good a model is, and how like another, over logits [N, C] and labels [N].
 *
 * Rows of label −1 do not count. With no row that counts a metric is NaN. Ties of the argmax go to the lowest
 * class. Log probabilities may stand for logits everywhere: softmax leaves them as they are.
 *
 * Symbols: q = softmax(z), y the label, M the rows that count.
 */
import { argmaxRows, logSoftmaxRows, type Values } from './log-softmax.js';

/** Share of rows whose argmax is the label. */
export function accuracy(logits: Values, labels: Int32Array, classCount: number): number {
  const best = argmaxRows(logits, labels.length, classCount);
  return meanOverLabelled(labels, (row, label) => (best[row] === label ? 1 : 0));
}

/** Negative log-likelihood, −1/M Σ log q_y, in nats. */
export function nll(logits: Values, labels: Int32Array, classCount: number): number {
  const logs = logSoftmaxRows(logits, labels.length, classCount);
  return meanOverLabelled(labels, (row, label) => -(logs[row * classCount + label] as number));
}

/** Brier score, 1/M Σ Σ_c (q_c − [c = y])². Brier 1950, summed over classes. */
export function brier(logits: Values, labels: Int32Array, classCount: number): number {
  const logs = logSoftmaxRows(logits, labels.length, classCount);
  return meanOverLabelled(labels, (row, label) => {
    let sum = 0;
    for (let c = 0; c < classCount; c++) {
      const error = Math.exp(logs[row * classCount + c] as number) - (c === label ? 1 : 0);
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
  const best = argmaxRows(logits, labels.length, classCount);
  const confidenceSums = new Float64Array(binCount);
  const correctCounts = new Float64Array(binCount);
  let rows = 0;
  for (let row = 0; row < labels.length; row++) {
    if ((labels[row] as number) < 0) continue;
    rows++;
    const confidence = greatestProbability(logits, row, classCount, best[row] as number);
    const bin = Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1));
    confidenceSums[bin] = (confidenceSums[bin] as number) + confidence;
    if (best[row] === labels[row]) correctCounts[bin] = (correctCounts[bin] as number) + 1;
  }
  let sum = 0;
  for (let bin = 0; bin < binCount; bin++) {
    sum += Math.abs((confidenceSums[bin] as number) - (correctCounts[bin] as number));
  }
  return sum / rows;
}

/** Share of all `rowCount` rows with the same argmax. Stanton et al. 2021, eq. 2, https://arxiv.org/abs/2106.05945 */
export function agreement(a: Values, b: Values, rowCount: number, classCount: number): number {
  const bestA = argmaxRows(a, rowCount, classCount);
  const bestB = argmaxRows(b, rowCount, classCount);
  let same = 0;
  for (let row = 0; row < rowCount; row++) if (bestA[row] === bestB[row]) same++;
  return same / rowCount;
}

/** Mean over all rows of KL(from ‖ to) = Σ_c p_c (log p_c − log q_c), p of `from`, q of `to`, in nats. Eq. 3 there. */
export function klDivergence(
  from: Values,
  to: Values,
  rowCount: number,
  classCount: number,
): number {
  const p = logSoftmaxRows(from, rowCount, classCount);
  const q = logSoftmaxRows(to, rowCount, classCount);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const logP = p[i] as number;
    // A class of probability 0 adds nothing, whatever q says.
    if (logP > Number.NEGATIVE_INFINITY) sum += Math.exp(logP) * (logP - (q[i] as number));
  }
  return sum / rowCount;
}

/**
 * What share of the ensemble's lead over the student alone the student made good:
 * (student − alone) / (ensemble − alone), of accuracies. `null` where the ensemble does not lead.
 */
export function gapClosed(student: number, alone: number, ensemble: number): number | null {
  const gap = ensemble - alone;
  return gap > 0 ? (student - alone) / gap : null;
}

/** 1 / Σ_c exp(z_c − z_best): exact where a confidence lies on the edge of a bin. */
function greatestProbability(
  logits: Values,
  row: number,
  classCount: number,
  best: number,
): number {
  const from = row * classCount;
  let sum = 0;
  for (let c = 0; c < classCount; c++) {
    sum += Math.exp((logits[from + c] as number) - (logits[from + best] as number));
  }
  return 1 / sum;
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
