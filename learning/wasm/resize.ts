/** Resizing with weights that add up to 2¹⁴: the same bits as `src/pictures/plain-resize.ts`. */

const BITS: i32 = 14;
const HALF: i32 = 1 << 13;

export function heapBase(): usize {
  return __heap_base;
}

/**
 * Every array must have 64 bytes of room after its end; `pixels` also as many rows as there are taps.
 *
 * @param pixels - the first byte of the first column whose weight is not 0.
 * @param lineLength - bytes of a row from that column to the last one whose weight is not 0.
 * @param columnStarts - counted from that first column.
 * @param columnCount - taps: a multiple of 4 for three channels, of 8 for one.
 * @param rowCount - taps: a multiple of 2.
 * @param line - room for a row.
 * @param out - the first byte that is written.
 */
export function resize(
  pixels: usize,
  rowLength: i32,
  lineLength: i32,
  columnStarts: usize,
  columnWeights: usize,
  columnCount: i32,
  width: i32,
  rowStarts: usize,
  rowWeights: usize,
  rowCount: i32,
  height: i32,
  line: usize,
  out: usize,
  outRowLength: i32,
  channels: i32,
): void {
  for (let y: i32 = 0; y < height; y++) {
    const from = pixels + load<i32>(rowStarts + (y << 2)) * rowLength;
    addRows(from, rowLength, rowCount, rowWeights + ((y * rowCount) << 1), line, lineLength);
    if (channels === 3) addColumns3(line, columnStarts, columnCount, columnWeights, out, width);
    else addColumns1(line, columnStarts, columnCount, columnWeights, out, width);
    out += outRowLength;
  }
}

function addRows(
  from: usize,
  rowLength: i32,
  count: i32,
  weights: usize,
  line: usize,
  length: i32,
): void {
  for (let i: i32 = 0; i < length; i += 16) {
    let a = i32x4.splat(HALF),
      b = a,
      c = a,
      d = a;
    let at = from + i;
    for (let tap: i32 = 0; tap < count; tap += 2) {
      const weight = v128.load32_splat(weights + (tap << 1));
      const upper = v128.load(at),
        lower = v128.load(at + rowLength);
      const first = i8x16.shuffle(
        upper,
        lower,
        0,
        16,
        1,
        17,
        2,
        18,
        3,
        19,
        4,
        20,
        5,
        21,
        6,
        22,
        7,
        23,
      );
      const last = i8x16.shuffle(
        upper,
        lower,
        8,
        24,
        9,
        25,
        10,
        26,
        11,
        27,
        12,
        28,
        13,
        29,
        14,
        30,
        15,
        31,
      );
      a = i32x4.add(a, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(first), weight));
      b = i32x4.add(b, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(first), weight));
      c = i32x4.add(c, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(last), weight));
      d = i32x4.add(d, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(last), weight));
      at += rowLength << 1;
    }
    const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, BITS), i32x4.shr_s(b, BITS));
    const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, BITS), i32x4.shr_s(d, BITS));
    v128.store(line + i, i8x16.narrow_i16x8_u(low, high));
  }
}

/** Four pixels are 12 bytes. The shuffles put two neighbours of each channel side by side, as 16-bit numbers. */
function addColumns3(
  line: usize,
  starts: usize,
  count: i32,
  weights: usize,
  out: usize,
  width: i32,
): void {
  const FIRST_TWO = i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const LAST_TWO = i8x16(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  for (let x: i32 = 0; x < width; x++) {
    let at = line + load<i32>(starts + (x << 2)) * 3;
    let sum = i32x4.splat(HALF);
    for (let tap: i32 = 0; tap < count; tap += 4) {
      const pixels = v128.load(at);
      sum = i32x4.add(
        sum,
        i32x4.dot_i16x8_s(i8x16.swizzle(pixels, FIRST_TWO), v128.load32_splat(weights)),
      );
      sum = i32x4.add(
        sum,
        i32x4.dot_i16x8_s(i8x16.swizzle(pixels, LAST_TWO), v128.load32_splat(weights, 4)),
      );
      weights += 8;
      at += 12;
    }
    sum = i32x4.shr_s(sum, BITS);
    const narrow = i16x8.narrow_i32x4_s(sum, sum);
    // The fourth byte is overwritten by the next pixel.
    v128.store32_lane(out, i8x16.narrow_i16x8_u(narrow, narrow), 0);
    out += 3;
  }
}

function addColumns1(
  line: usize,
  starts: usize,
  count: i32,
  weights: usize,
  out: usize,
  width: i32,
): void {
  for (let x: i32 = 0; x < width; x++) {
    const at = line + load<i32>(starts + (x << 2));
    let sum = i32x4.splat(0);
    for (let tap: i32 = 0; tap < count; tap += 8) {
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load8x8_u(at + tap), v128.load(weights)));
      weights += 16;
    }
    const total =
      i32x4.extract_lane(sum, 0) +
      i32x4.extract_lane(sum, 1) +
      i32x4.extract_lane(sum, 2) +
      i32x4.extract_lane(sum, 3);
    store<u8>(out + x, <u8>((total + HALF) >> BITS));
  }
}
