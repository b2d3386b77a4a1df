/**
 * How a picture is resized to a grid: with a triangle filter as wide as a pixel of the coarser side, so that no pixel
 * is skipped (the antialiased bilinear of Pillow and torchvision). Pure, in whole numbers only: every machine gives
 * the same.
 *
 * Symbols: S pixels of the picture's side, T of the grid's; n/d pixels of the picture make one of the grid's.
 */
import type { PictureGrid } from '../datasets/index.js';

/** Weights of an output pixel add up to 2^14: a sum over bytes has 22 bits, and a weight fits into 16. */
export const WEIGHT_BITS = 14;
const WHOLE = 1 << WEIGHT_BITS;

/** The pixels and weights that the outputs along one side are made of. */
export interface Taps {
  /** All pixels that have a weight: [from, to). */
  readonly from: number;
  readonly to: number;
  /** [outputs]: the first pixel of each output, counted from `from`. */
  readonly starts: Int32Array;
  /** Taps of each output. The last ones may lie beyond the picture, with weight 0. */
  readonly count: number;
  /** [outputs, count], adding up to 2^14. */
  readonly weights: Int16Array;
}

/** Where in the grid the picture lies, and the taps of its pixels there. */
export interface ResizePlan {
  readonly left: number;
  readonly top: number;
  readonly columns: Taps;
  readonly rows: Taps;
}

interface Ratio {
  readonly n: number;
  readonly d: number;
}

/**
 * `cover` takes the picture's middle in exactly the grid's shape; `contain` takes all of it, in whole pixels of the
 * grid.
 *
 * @param countMultiple - [columns, rows]: counts of taps are multiples of these, which the kernel computes at once.
 */
export function resizePlan(
  picture: { readonly width: number; readonly height: number },
  { width, height, fit }: Pick<PictureGrid, 'width' | 'height' | 'fit'>,
  countMultiple: readonly [number, number],
): ResizePlan {
  const across = { n: picture.width, d: width };
  const down = { n: picture.height, d: height };
  const isWider = picture.width * height >= picture.height * width;
  const [forColumns, forRows] = countMultiple;
  if (fit === 'contain') {
    const ratio = isWider ? across : down;
    const inside = [inGrid(picture.width, ratio), inGrid(picture.height, ratio)] as const;
    return {
      left: Math.floor((width - inside[0]) / 2),
      top: Math.floor((height - inside[1]) / 2),
      columns: taps(picture.width, { n: picture.width, d: inside[0] }, inside[0], forColumns),
      rows: taps(picture.height, { n: picture.height, d: inside[1] }, inside[1], forRows),
    };
  }
  const covering = isWider ? down : across;
  return {
    left: 0,
    top: 0,
    columns: taps(picture.width, fit === 'cover' ? covering : across, width, forColumns),
    rows: taps(picture.height, fit === 'cover' ? covering : down, height, forRows),
  };
}

/** S · d/n, rounded to the nearest, at least 1. */
function inGrid(size: number, { n, d }: Ratio): number {
  return Math.max(1, Math.floor((2 * size * d + n) / (2 * n)));
}

/**
 * The middles of both sides coincide. In units of 1/2d of a pixel, counted from the middle: pixel j is at (2j + 1 − S)
 * d, output x at (2x + 1 − T) n, and a triangle reaches 2 max(n, d) to either side.
 */
function taps(size: number, { n, d }: Ratio, outputs: number, countMultiple: number): Taps {
  const reach = 2 * Math.max(n, d);
  // The triangle is `reach` wide on both sides, and pixels are 2d apart: at most so many have a weight.
  const most = Math.min(size, Math.ceil(reach / d));
  const count = Math.ceil(most / countMultiple) * countMultiple;
  const starts = new Int32Array(outputs);
  const weights = new Int16Array(outputs * count);
  let [from, to] = [size, 0];
  for (let x = 0; x < outputs; x++) {
    const middle = (2 * x + 1 - outputs) * n;
    const before = Math.floor(((middle - reach) / d + size - 1) / 2);
    const start = Math.max(0, before + 1);
    starts[x] = start;
    const end = weigh(
      start,
      size,
      { middle, reach, d },
      weights.subarray(x * count, (x + 1) * count),
    );
    from = Math.min(from, start);
    to = Math.max(to, end);
  }
  return { from, to, starts: starts.map((start) => start - from), count, weights };
}

/** @returns the end of the pixels that have a weight. */
function weigh(
  start: number,
  size: number,
  { middle, reach, d }: { readonly middle: number; readonly reach: number; readonly d: number },
  weights: Int16Array,
): number {
  const share = (pixel: number) => reach - Math.abs((2 * pixel + 1 - size) * d - middle);
  let [sum, end] = [0, start];
  for (; end < size && share(end) > 0; end++) sum += share(end);
  let [rest, heaviest] = [WHOLE, 0];
  for (let tap = 0; tap < end - start; tap++) {
    const weight = Math.floor((2 * share(start + tap) * WHOLE + sum) / (2 * sum));
    weights[tap] = weight;
    rest -= weight;
    if (weight > (weights[heaviest] as number)) heaviest = tap;
  }
  // The rest that rounding left, so that an even picture stays even.
  weights[heaviest] = (weights[heaviest] as number) + rest;
  return end;
}
