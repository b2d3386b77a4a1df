/** The kernel of softmaxes (`learning/wasm/log-softmax.ts`), and the copying of rows into it. */
import { type ExpKernel, onceAThread, openExpKernel, rowsOfBlock } from '../kernels/index.js';

interface Functions extends ExpKernel {
  temperRows(
    logits: number,
    rows: number,
    classes: number,
    temperature: number,
    out: number,
    sums: number,
    exponentials: number,
  ): void;
}

const threadsKernel = onceAThread(() => openExpKernel<Functions>('log-softmax'));

/** Computes what `logSoftmaxRows` gives. @returns false, with nothing written, if there is no kernel. */
export function logSoftmaxByKernel(
  logits: Float32Array,
  rows: number,
  classes: number,
  temperature: number,
  out: Float64Array,
): boolean {
  const kernel = threadsKernel();
  if (kernel === undefined) return false;
  const perBlock = rowsOfBlock(classes);
  for (let first = 0; first < rows; first += perBlock) {
    const count = Math.min(perBlock, rows - first);
    const numbers = count * classes;
    const { at, memory } = kernel.room(
      4 * numbers,
      8 * (numbers + 1),
      8 * count,
      8 * (classes + 1),
    );
    const [from, to, sumsAt, scratch] = at as [number, number, number, number];
    const start = first * classes;
    new Float32Array(memory, from, numbers).set(logits.subarray(start, start + numbers));
    kernel.functions.temperRows(from, count, classes, temperature, to, sumsAt, scratch);
    const tempered = new Float64Array(memory, to, numbers);
    const sums = new Float64Array(memory, sumsAt, count);
    for (let row = 0; row < count; row++) {
      const logSum = Math.log(sums[row] as number);
      for (let i = row * classes; i < (row + 1) * classes; i++) {
        out[start + i] = (tempered[i] as number) - logSum;
      }
    }
  }
  return true;
}

/** exp of each number. No number may be above 0. */
export function exponentials(values: Float64Array): Float64Array {
  const kernel = threadsKernel();
  if (kernel === undefined) return values.map(Math.exp);
  const out = new Float64Array(values.length);
  const perBlock = rowsOfBlock(1);
  for (let first = 0; first < values.length; first += perBlock) {
    const block = values.subarray(first, first + perBlock);
    const even = block.length + (block.length % 2);
    const { at, memory } = kernel.room(8 * even);
    const own = new Float64Array(memory, at[0], block.length);
    own.set(block);
    kernel.functions.expInPlace(at[0] as number, even);
    out.set(own, first);
  }
  return out;
}
