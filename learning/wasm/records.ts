/**
 * Turns rows of float32 into stored records and back, and computes their checksums: the same bits as `src/codecs` and
 * the store of answers.
 *
 * A record is a sample's number, the row in words of its codec, and their checksum: MurmurHash3 x86_32 (Austin Appleby
 * 2011, https://github.com/aappleby/smhasher). Records follow one another without gaps.
 *
 * Symbols: N rows, C classes.
 */

/** 2⁻¹⁴ as a float32's bits: smaller numbers are subnormal in binary16. */
const LEAST_NORMAL: i32 = 0x38800000;
const INFINITE: i32 = 0x7c00;

export function heapBase(): usize {
  return __heap_base;
}

/**
 * Converts values to binary16, rounding half to even.
 *
 * @param values - [N, C] float32.
 * @param out - the first row's first word. If C is odd, half of each row's last word is 0.
 * @param stride - bytes from one row's first word to the next row's.
 * @returns index of the first value without a finite binary16; −1: there is none.
 */
export function encodeFloat16(
  values: usize,
  rows: i32,
  classes: i32,
  out: usize,
  stride: i32,
): i32 {
  for (let n = 0; n < rows; n++) {
    const from = values + ((<usize>(n * classes)) << 2);
    const to = out + <usize>(n * stride);
    let refused = i32x4.splat(0);
    let c = 0;
    for (; c + 8 <= classes; c += 8) {
      const at = from + ((<usize>c) << 2);
      const first = halves(v128.load(at));
      const second = halves(v128.load(at, 16));
      refused = v128.or(refused, v128.or(notFinite(first), notFinite(second)));
      v128.store(to + ((<usize>c) << 1), i16x8.narrow_i32x4_u(first, second));
    }
    for (; c < classes; c++) {
      const code = halves(v128.load32_zero(from + ((<usize>c) << 2)));
      refused = v128.or(refused, v128.and(notFinite(code), i32x4(-1, 0, 0, 0)));
      store<u16>(to + ((<usize>c) << 1), <u16>i32x4.extract_lane(code, 0));
    }
    if (classes & 1) store<u16>(to + ((<usize>classes) << 1), 0);
    if (!v128.any_true(refused)) continue;
    for (c = 0; c < classes; c++) {
      const code = halves(v128.load32_zero(from + ((<usize>c) << 2)));
      if ((i32x4.extract_lane(code, 0) & INFINITE) === INFINITE) return n * classes + c;
    }
  }
  return -1;
}

/** Converts four float32 to binary16, 16 bits in each lane. */
function halves(bits: v128): v128 {
  const sign = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(0x8000));
  const size = v128.and(bits, i32x4.splat(0x7fffffff));
  const odd = v128.and(i32x4.shr_u(size, 13), i32x4.splat(1));
  const rounding = i32x4.add(odd, i32x4.splat(0x0fff - 0x38000000));
  const normal = i32x4.min_s(i32x4.shr_u(i32x4.add(size, rounding), 13), i32x4.splat(INFINITE));
  // Near 0.5, float32 has steps of 2⁻²⁴: the addition rounds to these, half to even.
  const half = f32x4.splat(0.5);
  const small = i32x4.sub(f32x4.add(size, half), half);
  const finite = v128.bitselect(small, normal, i32x4.lt_s(size, i32x4.splat(LEAST_NORMAL)));
  const isNumber = i32x4.le_s(size, i32x4.splat(0x7f800000));
  return v128.bitselect(v128.or(sign, finite), i32x4.splat(0x7e00), isNumber);
}

function notFinite(codes: v128): v128 {
  const infinite = i32x4.splat(INFINITE);
  return i32x4.eq(v128.and(codes, infinite), infinite);
}

/** Converts finite binary16 to float32. Parameters mirror those of {@link encodeFloat16}. */
export function decodeFloat16(
  words: usize,
  stride: i32,
  rows: i32,
  classes: i32,
  out: usize,
): void {
  for (let n = 0; n < rows; n++) {
    const from = words + <usize>(n * stride);
    const to = out + ((<usize>(n * classes)) << 2);
    let c = 0;
    for (; c + 4 <= classes; c += 4) {
      const codes = i32x4.extend_low_i16x8_u(v128.load64_zero(from + ((<usize>c) << 1)));
      v128.store(to + ((<usize>c) << 2), numbers(codes));
    }
    for (; c < classes; c++) {
      const code = i32x4.splat(<i32>load<u16>(from + ((<usize>c) << 1)));
      v128.store32_lane(to + ((<usize>c) << 2), numbers(code), 0);
    }
  }
}

function numbers(codes: v128): v128 {
  const sign = i32x4.shl(v128.and(codes, i32x4.splat(0x8000)), 16);
  const size = v128.and(codes, i32x4.splat(0x7fff));
  const normal = i32x4.add(i32x4.shl(size, 13), i32x4.splat(0x38000000));
  const small = f32x4.mul(f32x4.convert_i32x4_s(size), f32x4.splat(5.9604644775390625e-8));
  const isSmall = i32x4.lt_s(size, i32x4.splat(0x0400));
  return v128.or(sign, v128.bitselect(small, normal, isSmall));
}

/**
 * The checksums of N records of `words` words each. A record's last word is left out: it holds the checksum.
 *
 * @param sums - [N] uint32.
 */
export function sumRecords(records: usize, rows: i32, words: i32, sums: usize): void {
  const stride = (<usize>words) << 2;
  const summed = words - 1;
  let n = 0;
  let at = records;
  for (; n + 4 <= rows; n += 4) {
    // Four records at a time: each step of a record must wait for its step before.
    let a: u32 = 0;
    let b: u32 = 0;
    let c: u32 = 0;
    let d: u32 = 0;
    for (let i = 0; i < summed; i++) {
      const word = at + ((<usize>i) << 2);
      a = mixed(a, load<u32>(word));
      b = mixed(b, load<u32>(word + stride));
      c = mixed(c, load<u32>(word + 2 * stride));
      d = mixed(d, load<u32>(word + 3 * stride));
    }
    const own = sums + ((<usize>n) << 2);
    store<u32>(own, ended(a, summed));
    store<u32>(own, ended(b, summed), 4);
    store<u32>(own, ended(c, summed), 8);
    store<u32>(own, ended(d, summed), 12);
    at += 4 * stride;
  }
  for (; n < rows; n++) {
    let h: u32 = 0;
    for (let i = 0; i < summed; i++) h = mixed(h, load<u32>(at + ((<usize>i) << 2)));
    store<u32>(sums + ((<usize>n) << 2), ended(h, summed));
    at += stride;
  }
}

function mixed(h: u32, word: u32): u32 {
  const k = rotl(word * 0xcc9e2d51, 15) * 0x1b873593;
  return rotl(h ^ k, 13) * 5 + 0xe6546b64;
}

function ended(hash: u32, words: i32): u32 {
  let h = hash ^ (4 * <u32>words);
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}
