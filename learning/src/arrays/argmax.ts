/**
 * The index of the greatest value of each row: in plain arithmetic, and for long rows of float32 by a kernel
 * (`learning/wasm/greatest.ts`).
 *
 * Symbols: [N, C] values.
 */
import { type Kernel, onceAThread, openKernel, rowsOfBlock } from '../kernels/index.js';
import type { Values } from './log-softmax.js';

interface Functions {
  argmaxRows(values: number, rows: number, classes: number, out: number): void;
}

/** With fewer classes, copying rows into the kernel costs more than the kernel saves. */
const KERNEL_CLASSES = 64;

/** Index of the greatest value of each row, the lowest of equal ones; −1 of a row that is −∞ throughout: no answer. */
export function argmaxRows(values: Values, rows: number, classes: number): Int32Array {
  const kernel =
    classes >= KERNEL_CLASSES && values instanceof Float32Array ? threadsKernel() : undefined;
  return kernel === undefined
    ? argmaxPlainly(values, rows, classes)
    : argmaxByKernel(kernel, values as Float32Array, rows, classes);
}

/** {@link argmaxRows} in plain arithmetic: tests compare the kernel with it. */
export function argmaxPlainly(values: Values, rows: number, classes: number): Int32Array {
  const out = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((values[from + c] as number) > (values[from + best] as number)) best = c;
    }
    out[row] = values[from + best] === Number.NEGATIVE_INFINITY ? -1 : best;
  }
  return out;
}

function argmaxByKernel(
  kernel: Kernel<Functions>,
  values: Float32Array,
  rows: number,
  classes: number,
): Int32Array {
  const out = new Int32Array(rows);
  const perBlock = rowsOfBlock(classes);
  for (let first = 0; first < rows; first += perBlock) {
    const count = Math.min(perBlock, rows - first);
    const { at, memory } = kernel.room(4 * count * classes, 4 * count);
    const [from, to] = at as [number, number];
    const block = values.subarray(first * classes, (first + count) * classes);
    new Float32Array(memory, from, block.length).set(block);
    kernel.functions.argmaxRows(from, count, classes, to);
    out.set(new Int32Array(memory, to, count), first);
  }
  return out;
}

const threadsKernel = onceAThread(() => openKernel<Functions>('greatest'));
