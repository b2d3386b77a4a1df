/**
 * Small integer hashes and a seeded stream of uniform numbers. All are fixed for ever: orders, views and
 * label choices of stored runs depend on their bits.
 *
 * Every value is an unsigned 32-bit integer held in a number.
 */

/**
 * Finaliser of MurmurHash3: a bijection of 32 bits in which every input bit moves every output bit.
 * Austin Appleby 2011, https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 */
export function mix32(value: number): number {
  return mixedInt32(value) >>> 0;
}

/**
 * The bits of {@link mix32} as a signed number. JavaScript keeps an unsigned number from 2³¹ on as a float, which is
 * slower.
 */
export function mixedInt32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hash of an empty text. */
export const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a of a text's UTF-8 bytes. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a32(text: string): number {
  let h = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, FNV_PRIME);
  return h >>> 0;
}

/** The hash of a text that is one byte longer. */
export function fnv1a32Byte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
}

/**
 * The hash of a text followed by a whole number ≥ 0. No text is made of the number: this runs for every sample.
 *
 * @param hash - of the text before the number.
 */
export function fnv1a32Decimal(value: number, hash: number): number {
  let power = 1;
  while (power * 10 <= value) power *= 10;
  let h = hash;
  for (; power >= 1; power /= 10) {
    h = Math.imul(h ^ (48 + (Math.floor(value / power) % 10)), FNV_PRIME);
  }
  return h >>> 0;
}

/**
 * Number `draw` (from 0) of the mulberry32 stream of `seed`, in [0, 1).
 * Stateless, so that a loop over samples makes no object. Tommy Ettinger 2017,
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function mulberry32(seed: number, draw: number): number {
  const state = (seed + Math.imul(draw + 1, 0x6d2b79f5)) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
