/**
 * bfloat16: the upper half of a float32, with its range and about two digits. float32 rounding comes first, then half
 * to even.
 */

const float32 = new Float32Array(1);
const word = new Uint32Array(float32.buffer);

const NOT_A_NUMBER = 0x7fc0;

/** The upper 16 bits of the float32 next to `value`, rounded half to even. */
export function encodeBfloat16(value: number): number {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  float32[0] = value;
  const bits = word[0] as number;
  const odd = (bits >>> 16) & 1;
  // Adds less than half of the last place if that is even, half if it is odd: ties go to the even number.
  return (bits + 0x7fff + odd) >>> 16;
}

/** The number that 16 bits stand for; exact. */
export function decodeBfloat16(bits: number): number {
  word[0] = bits << 16;
  return float32[0] as number;
}
