/** Bilinear crops of pictures in bytes, three channels: the same bits as `src/views/byte-crop.ts`. */

const PLACE_BITS: i32 = 11;
const ONE: i32 = 1 << 11;
const HALF: i32 = 1 << 21;

export function heapBase(): usize {
  return __heap_base;
}

/**
 * All arrays must have 64 bytes of room after their end.
 *
 * @param columns - three arrays of `width`: first pixel, second pixel, and the place between them in 1/2048.
 * @param rows - the same, arrays of `height`.
 * @param lines - room for two rows of the output, in units of 1/2048: 12 bytes a pixel and 64 more, for each row.
 */
export function crop(
  pixels: usize,
  rowLength: i32,
  columns: usize,
  width: i32,
  rows: usize,
  height: i32,
  lines: usize,
  out: usize,
): void {
  const lineLength = width * 12 + 64;
  // The rows of `pixels` that the two lines hold.
  let inFirst: i32 = -1,
    inSecond: i32 = -1;
  for (let y: i32 = 0; y < height; y++) {
    const row = load<i32>(rows + (y << 2));
    const next = load<i32>(rows + ((height + y) << 2));
    const by = load<i32>(rows + ((2 * height + y) << 2));
    if (row !== inFirst && row !== inSecond) {
      const isSecond = inFirst === next;
      interpolate(pixels + row * rowLength, columns, width, lines + (isSecond ? lineLength : 0));
      if (isSecond) inSecond = row;
      else inFirst = row;
    }
    if (next !== inFirst && next !== inSecond) {
      const isSecond = inFirst === row;
      interpolate(pixels + next * rowLength, columns, width, lines + (isSecond ? lineLength : 0));
      if (isSecond) inSecond = next;
      else inFirst = next;
    }
    const above = lines + (row === inFirst ? 0 : lineLength);
    const below = lines + (next === inFirst ? 0 : lineLength);
    blend(above, below, by, out, width * 3);
    out += width * 3;
  }
}

/** For each channel, the sum of two neighbouring pixels, weighted by their nearness. */
function interpolate(pixels: usize, columns: usize, width: i32, line: usize): void {
  const seconds = columns + (width << 2),
    shares = columns + (width << 3);
  for (let x: i32 = 0; x < width; x++) {
    const first = v128.load32_zero(pixels + load<i32>(columns + (x << 2)) * 3);
    const second = v128.load32_zero(pixels + load<i32>(seconds + (x << 2)) * 3);
    const by = load<i32>(shares + (x << 2));
    const both = i8x16.shuffle(
      first,
      second,
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
    const near = i32x4.splat((by << 16) | (ONE - by));
    // The fourth value is overwritten by the next pixel.
    v128.store(line, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(both), near));
    line += 12;
  }
}

/** A row of the output, 16 values at a time. Values beyond its end are overwritten by the next row, or unused. */
function blend(above: usize, below: usize, by: i32, out: usize, length: i32): void {
  const share = i32x4.splat(by),
    half = i32x4.splat(HALF);
  for (let i: i32 = 0; i < length; i += 16) {
    const a = between(above, below, share, half),
      b = between(above + 16, below + 16, share, half);
    const c = between(above + 32, below + 32, share, half),
      d = between(above + 48, below + 48, share, half);
    v128.store(
      out + i,
      i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)),
    );
    above += 64;
    below += 64;
  }
}

// @ts-expect-error: decorator
function between(above: usize, below: usize, share: v128, half: v128): v128 {
  const upper = v128.load(above);
  const change = i32x4.mul(i32x4.sub(v128.load(below), upper), share);
  return i32x4.shr_s(
    i32x4.add(i32x4.add(i32x4.shl(upper, PLACE_BITS), change), half),
    2 * PLACE_BITS,
  );
}
