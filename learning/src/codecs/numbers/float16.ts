/**
 * IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. Rounded once from float64, half to even: rounding by
 * way of float32 would round twice.
 *
 * Logits up to ±65504 keep about three digits; from 65520 on they become infinite.
 */

const EXPONENT_BIAS = 15;
const FRACTION_BITS = 10;
const LEAST_EXPONENT = 1 - EXPONENT_BIAS;
/** 2^-14 as a float32's bits: below it, binary16 has fewer digits. */
const LEAST_NORMAL = 0x38800000;
const SIGN = 0x8000;
const INFINITE = 0x7c00;
const NOT_A_NUMBER = 0x7e00;

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
/** Index of the word with sign and exponent. */
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** The 16 bits of the nearest binary16; of two equally near, the even one. */
export function encodeFloat16(value: number): number {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  float64[0] = value;
  const high = words[HIGH_WORD] as number;
  const sign = (high >>> 16) & SIGN;
  const exponent = Math.max(LEAST_EXPONENT, ((high >>> 20) & 0x7ff) - 1023);
  if (exponent > EXPONENT_BIAS) return sign | INFINITE;
  // In units of the last place, up to 2^11: a carry goes on into the exponent, and at the top to infinity.
  const units = roundHalfToEven(Math.abs(value) * 2 ** (FRACTION_BITS - exponent));
  return sign | (((exponent - LEAST_EXPONENT) << FRACTION_BITS) + units);
}

/**
 * What {@link encodeFloat16} gives for a float32, from the float32's own bits: whole numbers only, several times as
 * fast, for rows by the thousand.
 */
export function encodeFloat32Bits(bits: number): number {
  const sign = (bits >>> 16) & SIGN;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return NOT_A_NUMBER;
  if (magnitude >= LEAST_NORMAL) {
    // The exponent's bias changes from 127 to 15; a carry goes on into the exponent, and at the top to infinity.
    return sign | Math.min(INFINITE, shiftedHalfToEven(magnitude - 0x38000000, 13));
  }
  // In units of 2^-24. With a shift above 24, the number is below half a unit and becomes 0.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  return sign | shiftedHalfToEven((magnitude & 0x7fffff) | 0x800000, shift);
}

/** The numbers of all 65536 bit patterns, by pattern. */
export function float16Numbers(): Float32Array {
  numbers ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => decodeFloat16(bits));
  return numbers;
}
let numbers: Float32Array | undefined;

/** The number that 16 bits stand for; exact. */
export function decodeFloat16(bits: number): number {
  const sign = (bits & SIGN) === 0 ? 1 : -1;
  const fraction = bits & ((1 << FRACTION_BITS) - 1);
  const exponent = (bits & INFINITE) >>> FRACTION_BITS;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const units = exponent === 0 ? fraction : fraction + (1 << FRACTION_BITS);
  return sign * units * 2 ** (Math.max(1, exponent) - EXPONENT_BIAS - FRACTION_BITS);
}

/** x / 2^shift for 0 ≤ x < 2^31 − 2^shift. */
function shiftedHalfToEven(x: number, shift: number): number {
  return (x + (1 << (shift - 1)) - 1 + ((x >>> shift) & 1)) >>> shift;
}

/** For 0 ≤ x < 2^52. */
function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
