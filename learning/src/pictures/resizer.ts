/**
 * Resizes decoded pictures to a grid: by the kernel, or by plain functions with the same bits if there is no kernel.
 */
import type { PictureGrid } from '../datasets/index.js';
import { type Kernel, openKernel } from '../kernels/index.js';
import { plainResize } from './plain-resize.js';
import { type ResizePlan, resizePlan } from './resize-plan.js';

interface ResizeFunctions {
  /** See `learning/wasm/resize.ts`. */
  resize(
    ...args: [
      ...source: [pixels: number, rowLength: number, lineLength: number],
      ...columns: [starts: number, weights: number, count: number, width: number],
      ...rows: [starts: number, weights: number, count: number, height: number],
      ...output: [line: number, out: number, outRowLength: number, channels: number],
    ]
  ): void;
}

/** @returns undefined if there is no kernel. */
export function openResizeKernel(): Kernel<ResizeFunctions> | undefined {
  return openKernel('resize');
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The kernel reads and writes so many bytes beyond its arrays' ends; what is there does not matter. */
const SLACK_BYTES = 64;
/** How many taps the kernel computes at once: [columns, rows], for one channel or three. */
const TAPS_AT_ONCE = { 1: [8, 2], 3: [4, 2] } as const;

/** @param out - [height, width, channels] of the grid; all of it is written. */
export type Resizer = (pixels: Uint8Array, picture: Size, out: Uint8Array) => void;

/** @param kernel - undefined: use plain functions. */
export function openResizer(
  grid: PictureGrid,
  kernel: Kernel<ResizeFunctions> | undefined,
): Resizer {
  return (pixels, picture, out) => {
    const plan = resizePlan(picture, grid, TAPS_AT_ONCE[grid.channels]);
    const rowLength = picture.width * grid.channels;
    if (kernel !== undefined) return resizeInside(kernel, pixels, rowLength, plan, grid, out);
    out.fill(0);
    plainResize(pixels, rowLength, plan, grid, out);
  };
}

function resizeInside(
  kernel: Kernel<ResizeFunctions>,
  pixels: Uint8Array,
  rowLength: number,
  { left, top, columns, rows }: ResizePlan,
  { width, channels, fit }: PictureGrid,
  out: Uint8Array,
): void {
  const used = pixels.subarray(rows.from * rowLength, rows.to * rowLength);
  const lineLength = (columns.to - columns.from) * channels;
  const inputs = [columns.starts, columns.weights, rows.starts, rows.weights];
  // For taps beyond the last row the kernel reads pixels too; their weight is 0.
  const lengths = [used.length + rows.count * rowLength, lineLength, out.length];
  const { at, memory } = kernel.room(
    ...inputs.map(({ byteLength }) => byteLength),
    ...lengths.map((length) => length + SLACK_BYTES),
  );
  const bytes = new Uint8Array(memory);
  for (const [i, { buffer }] of inputs.entries()) bytes.set(new Uint8Array(buffer), at[i]);
  const [columnStarts, columnWeights, rowStarts, rowWeights, from, line, to] = at as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  bytes.set(used, from);
  // The border is black.
  if (fit === 'contain') bytes.fill(0, to, to + out.length);
  kernel.functions.resize(
    from + columns.from * channels,
    rowLength,
    lineLength,
    columnStarts,
    columnWeights,
    columns.count,
    columns.starts.length,
    rowStarts,
    rowWeights,
    rows.count,
    rows.starts.length,
    line,
    to + (top * width + left) * channels,
    width * channels,
    channels,
  );
  out.set(bytes.subarray(to, to + out.length));
}
