/**
 * The checksum of a record of answers: MurmurHash3 x86_32 over its words, seed 0. Austin Appleby 2011,
 * https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 *
 * The checksum only tells a torn or damaged record from a sound one. zlib's crc32 would do too, but a native call for
 * each of thousands of short records costs ten times as much as this sum.
 */

/** The sum of `words[first, first + count)`, an unsigned 32-bit number. */
export function recordSum(words: Uint32Array, first: number, count: number): number {
  let h = 0;
  for (let i = first; i < first + count; i++) {
    let k = Math.imul(words[i] as number, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= 4 * count;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
