/**
 * log softmax(v/τ) of each row, in float64 and safe for any finite logits: the greatest logit is taken out
 * before exponentials. −∞ is a class of probability 0. A kernel with the same bits computes long rows of float32.
 *
 * Symbols: [N, C] logits v, τ `temperature`.
 */

import { logSoftmaxByKernel } from './log-softmax-kernel.js';

/** Values [N, C], row-major: float32 for transport, float64 for computed references. */
export type Values = Float32Array | Float64Array;

/** With fewer classes, copying rows into the kernel costs more than it saves; so does a single row. */
const KERNEL_CLASSES = 32;
const KERNEL_ROW_CLASSES = 256;

/** @returns [N, C] log probabilities. */
export function logSoftmaxRows(
  logits: Values,
  rows: number,
  classes: number,
  temperature = 1,
): Float64Array {
  const out = new Float64Array(rows * classes);
  const isLong = classes >= KERNEL_CLASSES && logits instanceof Float32Array;
  if (isLong && logSoftmaxByKernel(logits, rows, classes, temperature, out)) return out;
  for (let row = 0; row < rows; row++) {
    logSoftmaxRow(logits, row * classes, classes, temperature, out, row * classes);
  }
  return out;
}

/** One row, from `logits` at `from` to `out` at `to`. */
export function logSoftmaxRow(
  logits: Values,
  from: number,
  classes: number,
  temperature: number,
  out: Float64Array,
  to: number,
): void {
  if (classes >= KERNEL_ROW_CLASSES && logits instanceof Float32Array) {
    const [row, own] = [logits.subarray(from, from + classes), out.subarray(to, to + classes)];
    if (logSoftmaxByKernel(row, 1, classes, temperature, own)) return;
  }
  logSoftmaxRowPlainly(logits, from, classes, temperature, out, to);
}

/** {@link logSoftmaxRow} in plain arithmetic: tests compare the kernel with it. */
export function logSoftmaxRowPlainly(
  logits: Values,
  from: number,
  classes: number,
  temperature: number,
  out: Float64Array,
  to: number,
): void {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < classes; c++) {
    const value = logits[from + c] as number;
    if (value > greatest) greatest = value;
  }
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const shifted = ((logits[from + c] as number) - greatest) / temperature;
    out[to + c] = shifted;
    sum += Math.exp(shifted);
  }
  const logSum = Math.log(sum);
  for (let c = 0; c < classes; c++) out[to + c] = (out[to + c] as number) - logSum;
}

/** row ← softmax(row). No logit may be +∞, and one must be finite. */
export function softmaxInPlace(row: Float64Array): void {
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of row) if (value > greatest) greatest = value;
  let sum = 0;
  for (let c = 0; c < row.length; c++) {
    const e = Math.exp((row[c] as number) - greatest);
    row[c] = e;
    sum += e;
  }
  for (let c = 0; c < row.length; c++) row[c] = (row[c] as number) / sum;
}
