/**
 * Logits without their scale: `(v − mean) / (1e-7 + s)` for each row, s the row's sample deviation (divisor C − 1).
 *
 * Sun, Ren, Li, Wang & Cao 2024, §4, https://arxiv.org/abs/2403.01427
 */
import type { Values } from '../../arrays/index.js';

/** A constant row is not divided by 0; it becomes zeros. */
const LEAST_DEVIATION = 1e-7;

/**
 * [N, C].
 *
 * @param logits - [N, C], C at least 2, finite.
 */
export function standardizedLogits(logits: Values, rows: number, classes: number): Float64Array {
  const out = new Float64Array(rows * classes);
  for (let from = 0; from < out.length; from += classes) {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += logits[from + c] as number;
    const mean = sum / classes;
    let squares = 0;
    for (let c = 0; c < classes; c++) squares += ((logits[from + c] as number) - mean) ** 2;
    const divisor = LEAST_DEVIATION + Math.sqrt(squares / (classes - 1));
    for (let c = 0; c < classes; c++)
      out[from + c] = ((logits[from + c] as number) - mean) / divisor;
  }
  return out;
}
