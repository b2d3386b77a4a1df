/** First steps of a softmax: (v − greatest)/τ of logits v, and exponentials with their sum. */
import { expInPlace } from './exp';

/** Values c and c + 1 of [C] float32 as float64. There must be memory after the last value. */
export function widened(values: usize, c: i32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(values + ((<usize>c) << 2)));
}

/** Writes (v − greatest)/τ, [C] float64. If C is odd, one more number of any value is written after the last. */
export function temper(
  values: usize,
  classes: i32,
  greatest: f64,
  temperature: f64,
  out: usize,
): void {
  const most = f64x2.splat(greatest);
  const divisor = f64x2.splat(temperature);
  const reciprocal = f64x2.splat(1 / temperature);
  const isExact = isPowerOfTwo(temperature);
  for (let c = 0; c < classes; c += 2) {
    const x = f64x2.sub(widened(values, c), most);
    v128.store(out + ((<usize>c) << 3), over(x, divisor, reciprocal, isExact));
  }
}

/** x / τ. The reciprocal of a power of two is exact, and multiplying is faster. */
function over(x: v128, temperature: v128, reciprocal: v128, isExact: bool): v128 {
  return isExact ? f64x2.mul(x, reciprocal) : f64x2.div(x, temperature);
}

function isPowerOfTwo(x: f64): bool {
  return (reinterpret<u64>(x) & 0x000fffffffffffff) === 0;
}

/** Replaces [C] float64 by exponentials. If C is odd, 0 is written after the last. @returns their sum, in order. */
export function sumOfExponentials(values: usize, classes: i32): f64 {
  if (classes & 1) store<f64>(values + ((<usize>classes) << 3), -Infinity);
  return expInPlace(values, (classes + 1) & ~1);
}
