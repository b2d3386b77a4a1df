/** The place of the greatest value of each row: the same results as `src/arrays/argmax.ts`. */
import { greatestOf } from './parts/greatest-of';

export function heapBase(): usize {
  return __heap_base;
}

/**
 * The lowest index if several values are equal; −1 for a row of −∞ only. A NaN in the first place gives 0; other NaNs
 * are ignored.
 *
 * @param values - [N, C] float32.
 * @param out - [N] int32.
 */
export function argmaxRows(values: usize, rows: i32, classes: i32, out: usize): void {
  for (let n = 0; n < rows; n++) {
    const row = values + ((<usize>(n * classes)) << 2);
    store<i32>(out + ((<usize>n) << 2), argmax(row, classes));
  }
}

function argmax(row: usize, classes: i32): i32 {
  const isFirstNaN = (load<u32>(row) & 0x7fffffff) > 0x7f800000;
  if (isFirstNaN) return 0;
  const greatest = greatestOf(row, classes);
  if (greatest === -Infinity) return -1;
  const wanted = f32x4.splat(greatest);
  let c = 0;
  for (; c + 4 <= classes; c += 4) {
    const found = i32x4.bitmask(f32x4.eq(v128.load(row + ((<usize>c) << 2)), wanted));
    if (found !== 0) return c + ctz(found);
  }
  while (load<f32>(row + ((<usize>c) << 2)) !== greatest) c++;
  return c;
}
