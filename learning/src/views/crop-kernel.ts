/** The kernel of random resized crops (`learning/wasm/crop.ts`), for pictures of three channels. */
import { onceAThread, openKernel } from '../kernels/index.js';

interface Functions {
  crop(
    pixels: number,
    rowLength: number,
    columns: number,
    width: number,
    rows: number,
    height: number,
    lines: number,
    out: number,
  ): void;
}

/**
 * For each output pixel of a side: the two pixels between which it lies, and how far it is to the second, in 1/2048.
 */
interface Between {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Int32Array;
}

/** The kernel reads and writes so many bytes behind its arrays; what is there does not matter. */
const SLACK_BYTES = 64;
const CHANNELS = 3;
/** A pixel of an interpolated row, in 1/2048. */
const PIXEL_BYTES = CHANNELS * Int32Array.BYTES_PER_ELEMENT;

const threadsKernel = onceAThread(() => openKernel<Functions>('crop'));

/**
 * Writes what `byteCropper` writes.
 *
 * @param pixels - [rows, rowLength / 3, 3]: the rows that `rows` counts.
 * @returns false, with nothing written, if there is no kernel.
 */
export function cropByKernel(
  pixels: Uint8Array,
  rowLength: number,
  columns: Between,
  rows: Between,
  out: Uint8Array,
  offset: number,
): boolean {
  const kernel = threadsKernel();
  if (kernel === undefined) return false;
  const [width, height] = [columns.share.length, rows.share.length];
  const length = width * height * CHANNELS;
  const { at, memory } = kernel.room(
    pixels.length + SLACK_BYTES,
    3 * columns.share.byteLength,
    3 * rows.share.byteLength,
    2 * (width * PIXEL_BYTES + SLACK_BYTES),
    length + SLACK_BYTES,
  );
  const [from, ofColumns, ofRows, lines, to] = at as [number, number, number, number, number];
  const bytes = new Uint8Array(memory);
  bytes.set(pixels, from);
  place(columns, memory, ofColumns);
  place(rows, memory, ofRows);
  kernel.functions.crop(from, rowLength, ofColumns, width, ofRows, height, lines, to);
  out.set(bytes.subarray(to, to + length), offset);
  return true;
}

function place({ first, second, share }: Between, memory: ArrayBuffer, start: number): void {
  const numbers = new Int32Array(memory, start, 3 * share.length);
  numbers.set(first);
  numbers.set(second, share.length);
  numbers.set(share, 2 * share.length);
}
