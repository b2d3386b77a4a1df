/**
 * Pools of teachers' distributions, as `src/ensemble/pooling/pool.ts` has them, bit for bit.
 *
 * Symbols: K teachers, N rows, C classes.
 */
import { expOfNegative } from './parts/exp';

export function heapBase(): usize {
  return __heap_base;
}

/** For the check that bits are those of Math.exp: [count] float64, an even count, each ≤ 0, in place. */
export function expInPlace(values: usize, count: i32): void {
  for (let i = 0; i < count; i += 2) {
    const at = values + ((<usize>i) << 3);
    v128.store(at, expOfNegative(v128.load(at)));
  }
}

/**
 * Σₖ aₖ softmax(vₖ/τ).
 *
 * @param logits - [K, N, C] float32.
 * @param shares - [K] float64, or [N, K] with `sharesStep` K.
 * @param row, exponentials - [C + 1] float64, for intermediate results.
 * @param out - [N, C] float32.
 */
export function poolArithmetic(
  logits: usize,
  shares: usize,
  sharesStep: i32,
  teachers: i32,
  rows: i32,
  classes: i32,
  temperature: f64,
  row: usize,
  exponentials: usize,
  out: usize,
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
      const sum = tempered(values, classes, greatestOf(values, classes), temperature, exponentials);
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
 * @returns false, with nothing of use written, if a logit is −∞: the plain function knows what that counts as.
 */
export function poolGeometric(
  logits: usize,
  shares: usize,
  sharesStep: i32,
  teachers: i32,
  rows: i32,
  classes: i32,
  temperature: f64,
  row: usize,
  exponentials: usize,
  out: usize,
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
    softmaxInPlace(row, classes, exponentials);
    narrowed(row, classes, out + from);
  }
  return true;
}

/** The greatest of [C] float32; −∞ if all are NaN. */
function greatestOf(values: usize, classes: i32): f64 {
  let greatest = f32x4.splat(-Infinity);
  let c = 0;
  for (; c + 4 <= classes; c += 4) {
    // pmax(a, b) is b where a < b: a NaN in b is left out, as a comparison in plain code leaves it out.
    greatest = f32x4.pmax(greatest, v128.load(values + ((<usize>c) << 2)));
  }
  let most = greatestLane(greatest);
  for (; c < classes; c++) {
    const value = load<f32>(values + ((<usize>c) << 2));
    if (value > most) most = value;
  }
  return <f64>most;
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

function greatestLane(values: v128): f32 {
  let most: f32 = f32x4.extract_lane(values, 0);
  if (f32x4.extract_lane(values, 1) > most) most = f32x4.extract_lane(values, 1);
  if (f32x4.extract_lane(values, 2) > most) most = f32x4.extract_lane(values, 2);
  if (f32x4.extract_lane(values, 3) > most) most = f32x4.extract_lane(values, 3);
  return most;
}

/** Values c and c + 1 of [C] float32 as float64. Behind the last there must be memory. */
function widened(values: usize, c: i32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(values + ((<usize>c) << 2)));
}

/** x / τ. The reciprocal of a power of two is exact, and multiplying is faster. */
function over(x: v128, temperature: v128, reciprocal: v128, isExact: bool): v128 {
  return isExact ? f64x2.mul(x, reciprocal) : f64x2.div(x, temperature);
}

function isPowerOfTwo(x: f64): bool {
  return (reinterpret<u64>(x) & 0x000fffffffffffff) === 0;
}

/** Writes exp((v − greatest)/τ). @returns their sum, in order. */
function tempered(values: usize, classes: i32, greatest: f64, temperature: f64, out: usize): f64 {
  const most = f64x2.splat(greatest);
  const divisor = f64x2.splat(temperature);
  const reciprocal = f64x2.splat(1 / temperature);
  const isExact = isPowerOfTwo(temperature);
  let sum: f64 = 0;
  let c = 0;
  // Two pairs at a time: a pair's own steps wait for each other.
  for (; c + 4 <= classes; c += 4) {
    const x = f64x2.sub(widened(values, c), most);
    const y = f64x2.sub(widened(values, c + 2), most);
    const e = expOfNegative(over(x, divisor, reciprocal, isExact));
    const f = expOfNegative(over(y, divisor, reciprocal, isExact));
    v128.store(out + ((<usize>c) << 3), e);
    v128.store(out + ((<usize>c) << 3), f, 16);
    sum += f64x2.extract_lane(e, 0);
    sum += f64x2.extract_lane(e, 1);
    sum += f64x2.extract_lane(f, 0);
    sum += f64x2.extract_lane(f, 1);
  }
  for (; c + 2 <= classes; c += 2) {
    const e = expOfNegative(f64x2.div(f64x2.sub(widened(values, c), most), divisor));
    v128.store(out + ((<usize>c) << 3), e);
    sum += f64x2.extract_lane(e, 0);
    sum += f64x2.extract_lane(e, 1);
  }
  if (c < classes) {
    const last = (<f64>load<f32>(values + ((<usize>c) << 2)) - greatest) / temperature;
    const e = expOfNegative(f64x2.splat(last));
    v128.store(out + ((<usize>c) << 3), e);
    sum += f64x2.extract_lane(e, 0);
  }
  return sum;
}

/** [C] float64, of which the one behind the last is of no matter. */
function softmaxInPlace(row: usize, classes: i32, exponentials: usize): void {
  let greatest: f64 = -Infinity;
  for (let c = 0; c < classes; c++) {
    const value = load<f64>(row + ((<usize>c) << 3));
    if (value > greatest) greatest = value;
  }
  const most = f64x2.splat(greatest);
  let sum: f64 = 0;
  for (let c = 0; c < classes; c += 2) {
    const at = (<usize>c) << 3;
    const e = expOfNegative(f64x2.sub(v128.load(row + at), most));
    v128.store(exponentials + at, e);
    sum += f64x2.extract_lane(e, 0);
    if (c + 1 < classes) sum += f64x2.extract_lane(e, 1);
  }
  const divisor = f64x2.splat(sum);
  for (let c = 0; c < classes; c += 2) {
    const at = (<usize>c) << 3;
    v128.store(row + at, f64x2.div(v128.load(exponentials + at), divisor));
  }
}

/** [C] float64 as float32. */
function narrowed(row: usize, classes: i32, out: usize): void {
  let c = 0;
  for (; c + 2 <= classes; c += 2) {
    const both = f32x4.demote_f64x2_zero(v128.load(row + ((<usize>c) << 3)));
    v128.store64_lane(out + ((<usize>c) << 2), both, 0);
  }
  if (c < classes) store<f32>(out + ((<usize>c) << 2), <f32>load<f64>(row + ((<usize>c) << 3)));
}
