/**
 * eˣ of two numbers at a time, for x ≤ 0, with the same bits as Math.exp in V8: fdlibm's e_exp.c, Sun Microsystems
 * 1993, https://www.netlib.org/fdlibm/e_exp.c
 *
 * x = k ln 2 + r with |r| ≤ ½ ln 2. eʳ comes from Remez' polynomial in r²; 2ᵏ is added to the exponent. Where fdlibm
 * branches, this code selects lanes; both round in the same way.
 */

const LN2_HIGH: f64 = reinterpret<f64>(0x3fe62e42fee00000);
const LN2_LOW: f64 = reinterpret<f64>(0x3dea39ef35793c76);
const ONE_OVER_LN2: f64 = reinterpret<f64>(0x3ff71547652b82fe);
const P1: f64 = reinterpret<f64>(0x3fc555555555553e);
const P2: f64 = reinterpret<f64>(0xbf66c16c16bebd93);
const P3: f64 = reinterpret<f64>(0x3f11566aaf25de2c);
const P4: f64 = reinterpret<f64>(0xbebbbd41c5d26bf1);
const P5: f64 = reinterpret<f64>(0x3e66376972bea4d0);

/** k is 0 for x from here to 0. The limit is a little beyond −½ ln 2: fdlibm compares only a number's upper half. */
const MINUS_HALF_LN2: f64 = reinterpret<f64>(0xbfd62e4300000000);
/** For x from here to 0, the result is 1 + x. */
const MINUS_TINY: f64 = reinterpret<f64>(0xbe30000000000000);
/** For smaller x the result may be subnormal; below `UNDERFLOW` it is 0. */
const LEAST_NORMAL: f64 = -707;
const UNDERFLOW: f64 = reinterpret<f64>(0xc0874910d52d3051);

/** 1.5 · 2⁵²: if a small whole number is added, the sum's lowest bits hold it. */
const WHOLE: f64 = 6755399441055744;
const TWO_TO_MINUS_1000: f64 = reinterpret<f64>(0x0170000000000000);

/** Bytes of a block: each step of the computation is done for a whole block before the next step begins. */
const BLOCK_BYTES: usize = 4096;
const ks = memory.data(4096, 16);
const rs = memory.data(4096, 16);

/**
 * Replaces numbers x ≤ 0 by eˣ.
 *
 * The operations of one number wait for one another, longer than a processor looks ahead. In a step over a block, the
 * operations of other numbers fill the wait, and the step's constants stay in registers.
 *
 * @param values - [count] float64, an even count.
 * @returns their sum, in order.
 */
export function expInPlace(values: usize, count: i32): f64 {
  let sum: f64 = 0;
  const end = values + ((<usize>count) << 3);
  for (let block = values; block < end; block += BLOCK_BYTES) {
    const bytes = min(BLOCK_BYTES, end - block);
    for (let i: usize = 0; i < bytes; i += 16) reduce(v128.load(block + i), i);
    for (let i: usize = 0; i < bytes; i += 16) v128.store(rs + i, quotientOf(v128.load(rs + i)));
    for (let i: usize = 0; i < bytes; i += 16) {
      const e = expOf(v128.load(block + i), v128.load(ks + i), v128.load(rs + i));
      v128.store(block + i, e);
      sum += f64x2.extract_lane(e, 0);
      sum += f64x2.extract_lane(e, 1);
    }
  }
  return sum;
}

/** Writes k and r of x. */
function reduce(x: v128, i: usize): void {
  const half = f64x2.splat(0.5);
  const nearest = f64x2.trunc(f64x2.sub(f64x2.mul(f64x2.splat(ONE_OVER_LN2), x), half));
  const k = v128.and(nearest, f64x2.le(x, f64x2.splat(MINUS_HALF_LN2)));
  v128.store(ks + i, k);
  v128.store(rs + i, f64x2.sub(highOf(x, k), lowOf(k)));
}

/** x less the high part of k ln 2; {@link lowOf} is the low part. */
function highOf(x: v128, k: v128): v128 {
  return f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH)));
}

function lowOf(k: v128): v128 {
  return f64x2.mul(k, f64x2.splat(LN2_LOW));
}

/** rc / (2 − c), where c is r less t times Remez' polynomial in t = r². */
function quotientOf(r: v128): v128 {
  const t = f64x2.mul(r, r);
  let p = f64x2.add(f64x2.splat(P4), f64x2.mul(t, f64x2.splat(P5)));
  p = f64x2.add(f64x2.splat(P3), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(P2), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(P1), f64x2.mul(t, p));
  const c = f64x2.sub(r, f64x2.mul(t, p));
  return f64x2.div(f64x2.mul(r, c), f64x2.sub(f64x2.splat(2), c));
}

/** eʳ 2ᵏ. */
function expOf(x: v128, k: v128, quotient: v128): v128 {
  const rest = f64x2.sub(f64x2.sub(lowOf(k), quotient), highOf(x, k));
  const y = f64x2.sub(f64x2.splat(1), rest);
  const isRare = v128.or(
    f64x2.gt(x, f64x2.splat(MINUS_TINY)),
    f64x2.lt(x, f64x2.splat(LEAST_NORMAL)),
  );
  if (v128.any_true(isRare)) return rarely(x, k, y);
  return scaled(y, k);
}

/** y · 2ᵏ, if the result is a normal number. */
function scaled(y: v128, k: v128): v128 {
  return i64x2.add(y, i64x2.shl(f64x2.add(k, f64x2.splat(WHOLE)), 52));
}

/** The result if a lane's x, or its result, is very near 0. */
function rarely(x: v128, k: v128, y: v128): v128 {
  const one = f64x2.splat(1);
  const isSmall = f64x2.lt(k, f64x2.splat(-1021));
  const rest = v128.bitselect(f64x2.splat(TWO_TO_MINUS_1000), one, isSmall);
  const shifted = f64x2.add(k, v128.and(isSmall, f64x2.splat(1000)));
  let e = f64x2.mul(scaled(y, shifted), rest);
  e = v128.bitselect(f64x2.add(one, x), e, f64x2.gt(x, f64x2.splat(MINUS_TINY)));
  return v128.andnot(e, f64x2.lt(x, f64x2.splat(UNDERFLOW)));
}
