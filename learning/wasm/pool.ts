/**
 * Pools of teachers' distributions: the same bits as `src/ensemble/pooling/pool.ts`.
 *
 * Symbols: K teachers, N rows, C classes.
 */
import { expInPlace } from './parts/exp';
import { greatestOf } from './parts/greatest-of';
import { sumOfExponentials, temper, widened } from './parts/temper';

export { expInPlace };

export function heapBase(): usize {
  return __heap_base;
}

/**
 * Σₖ aₖ softmax(vₖ/τ).
 *
 * @param logits - [K, N, C] float32.
 * @param shares - [K] float64, or [N, K] with `sharesStep` K.
 * @param out - [N, C] float32.
 * @param row, exponentials - [C + 1] float64, for intermediate results.
 */
export function poolArithmetic(
  logits: usize,
  shares: usize,
  sharesStep: i32,
  teachers: i32,
  rows: i32,
  classes: i32,
  temperature: f64,
  out: usize,
  row: usize,
  exponentials: usize,
): void {
  const step = (<usize>(rows * classes)) << 2;
  for (let n = 0; n < rows; n++) {
    const from = (<usize>(n * classes)) << 2;
    const own = shares + ((<usize>(n * sharesStep)) << 3);
    memory.fill(row, 0, (<usize>classes + 1) << 3);
    for (let k = 0; k < teachers; k++) {
      const share = load<f64>(own + ((<usize>k) << 3));
      if (share === 0) continue;
      const values = logits + <usize>k * step + from;
      temper(values, classes, greatestOf(values, classes), temperature, exponentials);
      const sum = sumOfExponentials(exponentials, classes);
      const factor = f64x2.splat(share / sum);
      for (let c = 0; c < classes; c += 2) {
        const at = (<usize>c) << 3;
        const e = v128.load(exponentials + at);
        v128.store(row + at, f64x2.add(v128.load(row + at), f64x2.mul(factor, e)));
      }
    }
    narrowed(row, classes, out + from);
  }
}

/**
 * softmax(Σₖ aₖ vₖ/τ). Parameters are those of {@link poolArithmetic}.
 *
 * @returns false if a logit is −∞: the output is then useless, and the caller must use the plain function.
 */
export function poolGeometric(
  logits: usize,
  shares: usize,
  sharesStep: i32,
  teachers: i32,
  rows: i32,
  classes: i32,
  temperature: f64,
  out: usize,
  row: usize,
): bool {
  const step = (<usize>(rows * classes)) << 2;
  for (let n = 0; n < rows; n++) {
    const from = (<usize>(n * classes)) << 2;
    const own = shares + ((<usize>(n * sharesStep)) << 3);
    memory.fill(row, 0, (<usize>classes + 1) << 3);
    for (let k = 0; k < teachers; k++) {
      const share = load<f64>(own + ((<usize>k) << 3));
      if (share === 0) continue;
      const values = logits + <usize>k * step + from;
      if (hasMinusInfinity(values, classes)) return false;
      const greatest = f64x2.splat(greatestOf(values, classes));
      const factor = f64x2.splat(share / temperature);
      for (let c = 0; c < classes; c += 2) {
        const at = row + ((<usize>c) << 3);
        const shifted = f64x2.sub(widened(values, c), greatest);
        v128.store(at, f64x2.add(v128.load(at), f64x2.mul(factor, shifted)));
      }
    }
    softmaxInPlace(row, classes);
    narrowed(row, classes, out + from);
  }
  return true;
}

function hasMinusInfinity(values: usize, classes: i32): bool {
  const infinite = f32x4.splat(-Infinity);
  let c = 0;
  for (; c + 4 <= classes; c += 4) {
    if (v128.any_true(f32x4.eq(v128.load(values + ((<usize>c) << 2)), infinite))) return true;
  }
  for (; c < classes; c++) if (load<f32>(values + ((<usize>c) << 2)) === -Infinity) return true;
  return false;
}

/** @param row - [C] float64; the number after the last may have any value. */
function softmaxInPlace(row: usize, classes: i32): void {
  let greatest: f64 = -Infinity;
  for (let c = 0; c < classes; c++) {
    const value = load<f64>(row + ((<usize>c) << 3));
    if (value > greatest) greatest = value;
  }
  const most = f64x2.splat(greatest);
  for (let c = 0; c < classes; c += 2) {
    const at = row + ((<usize>c) << 3);
    v128.store(at, f64x2.sub(v128.load(at), most));
  }
  const divisor = f64x2.splat(sumOfExponentials(row, classes));
  for (let c = 0; c < classes; c += 2) {
    const at = row + ((<usize>c) << 3);
    v128.store(at, f64x2.div(v128.load(at), divisor));
  }
}

/** Converts [C] float64 to float32. */
function narrowed(row: usize, classes: i32, out: usize): void {
  let c = 0;
  for (; c + 2 <= classes; c += 2) {
    const both = f32x4.demote_f64x2_zero(v128.load(row + ((<usize>c) << 3)));
    v128.store64_lane(out + ((<usize>c) << 2), both, 0);
  }
  if (c < classes) store<f32>(out + ((<usize>c) << 2), <f32>load<f64>(row + ((<usize>c) << 3)));
}
