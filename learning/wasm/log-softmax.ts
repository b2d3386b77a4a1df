/**
 * Rows of logarithms of softmax: the same bits as `src/arrays/log-softmax.ts`. The caller computes the logarithms of
 * the sums, one a row.
 *
 * Symbols: N rows, C classes.
 */
import { expInPlace } from './parts/exp';
import { greatestOf } from './parts/greatest-of';
import { sumOfExponentials, temper } from './parts/temper';

export { expInPlace };

export function heapBase(): usize {
  return __heap_base;
}

/**
 * Writes (v − greatest)/τ of each row, and the sums of their exponentials.
 *
 * @param logits - [N, C] float32.
 * @param out - [N, C] float64, with room for one more number.
 * @param sums - [N] float64.
 * @param exponentials - [C + 1] float64, for intermediate results.
 */
export function temperRows(
  logits: usize,
  rows: i32,
  classes: i32,
  temperature: f64,
  out: usize,
  sums: usize,
  exponentials: usize,
): void {
  for (let n = 0; n < rows; n++) {
    const values = logits + ((<usize>(n * classes)) << 2);
    const row = out + ((<usize>(n * classes)) << 3);
    temper(values, classes, greatestOf(values, classes), temperature, row);
    memory.copy(exponentials, row, (<usize>classes) << 3);
    store<f64>(sums + ((<usize>n) << 3), sumOfExponentials(exponentials, classes));
  }
}
