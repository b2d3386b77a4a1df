/** Numbers at the edges of float32 and binary16, and random patterns of 32 bits, from a seed. */
import { mulberry32 } from '../src/arrays/hashing.js';

/** Bits of 0, the least and the greatest denormal number, the least normal one, 1 and the greatest float32. */
const FLOAT32_EDGES = [0, 1, 0x007f_ffff, 0x0080_0000, 0x3f80_0000, 0x7f7f_ffff];

/** Bits of numbers around those that binary16 rounds to 0, to its least denormal and normal numbers, and to 65504. */
const FLOAT16_EDGES = [
  0x3300_0000, 0x3300_0001, 0x3380_0000, 0x387f_c000, 0x387f_f000, 0x3880_0000, 0x477f_e000,
  0x477f_efff, 0x477f_f000,
];

/** Bits of infinity, and of NaN: signalling, quiet, with all bits set. */
const NOT_FINITE = [0x7f80_0000, 0x7f80_0001, 0x7fc0_0000, 0x7fff_ffff];

const INFINITE = 0x7f80_0000;
const SIGN = 0x8000_0000;

/**
 * - `finite`  of any size, up to the greatest float32
 * - `half`    finite in binary16 too
 * - `any`     infinities and NaN of any payload too
 */
export type Hostility = 'finite' | 'half' | 'any';

export function hostileNumbers(seed: number, length: number, kind: Hostility): Float32Array {
  const edges = [...FLOAT32_EDGES, ...FLOAT16_EDGES, ...(kind === 'any' ? NOT_FINITE : [])];
  const bits = Uint32Array.from({ length }, (_, i) => {
    const draw = (k: number) => mulberry32(seed, 4 * i + k);
    const size =
      draw(0) < 0.5 ? (edges[Math.floor(draw(1) * edges.length)] as number) : draw(2) * INFINITE;
    return draw(3) < 0.5 ? size : size + SIGN;
  });
  const numbers = new Float32Array(bits.buffer);
  if (kind === 'half')
    for (const [i, x] of numbers.entries()) if (Math.abs(x) >= 65_520) numbers[i] = i % 40;
  return numbers;
}

/** Rows and classes: none, one, two; below, at and above the least length of the kernel; odd; longer than a block. */
export const HOSTILE_SHAPES = [
  [0, 100],
  [1, 1],
  [5, 2],
  [9, 31],
  [7, 32],
  [6, 33],
  [4, 63],
  [5, 64],
  [3, 65],
  [130, 1001],
  [2, 65_536],
  [3, 65_537],
] as const;

/** The same numbers at another offset of their memory, with other numbers after them. */
export function shifted<T extends Float32Array | Uint32Array>(numbers: T, by: number): T {
  const Numbers = numbers.constructor as new (length: number) => T;
  const room = new Numbers(numbers.length + 2 * by).fill(7);
  room.set(numbers, by);
  return room.subarray(by, by + numbers.length) as T;
}

/** Compares bit for bit, except that all NaN are equal. `toEqual` takes a second for arrays of this size. */
export function haveSameBits(
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}
