/**
 * Resizing by a {@link ResizePlan} in plain arithmetic. Tests compare the kernel with it, and it runs if there is no
 * kernel.
 */
import type { PictureGrid } from '../datasets/index.js';
import { type ResizePlan, type Taps, WEIGHT_BITS } from './resize-plan.js';

const HALF = 1 << (WEIGHT_BITS - 1);

/**
 * Resizes vertically first, then horizontally. The result of each pass is rounded to the nearest byte.
 *
 * @param pixels - [rows, rowLength / channels, channels].
 * @param out - [height, width, channels] of the grid; pixels outside of the picture are not touched.
 */
export function plainResize(
  pixels: Uint8Array,
  rowLength: number,
  { left, top, columns, rows }: ResizePlan,
  { width, channels }: Pick<PictureGrid, 'width' | 'channels'>,
  out: Uint8Array,
): void {
  const start = rows.from * rowLength + columns.from * channels;
  const line = new Uint8Array((columns.to - columns.from) * channels);
  for (let y = 0; y < rows.starts.length; y++) {
    for (let i = 0; i < line.length; i++) line[i] = weighted(pixels, rows, y, start + i, rowLength);
    const place = ((top + y) * width + left) * channels;
    for (let x = 0; x < columns.starts.length; x++) {
      for (let c = 0; c < channels; c++) {
        out[place + x * channels + c] = weighted(line, columns, x, c, channels);
      }
    }
  }
}

/** @param at - place of the first value. */
function weighted(
  values: Uint8Array,
  { starts, weights, count }: Taps,
  output: number,
  at: number,
  stride: number,
): number {
  let sum = HALF;
  for (let tap = 0; tap < count; tap++) {
    const weight = weights[output * count + tap] as number;
    // Pixels beyond the picture have weight 0.
    if (weight === 0) continue;
    sum += weight * (values[((starts[output] as number) + tap) * stride + at] as number);
  }
  return sum >> WEIGHT_BITS;
}
