/** Kernels with exponentials. These must have the bits of this machine's Math.exp. */
import { type Kernel, openKernel } from './kernel.js';

export interface ExpKernel {
  /**
   * Replaces `count` float64 numbers by their exponentials. `count` must be even, no number above 0. @returns their
   * sum.
   */
  expInPlace(values: number, count: number): number;
}

/** How many arguments the kernel's exponentials are compared on with Math.exp. */
const COMPARED = 4096;

/**
 * @returns undefined if there is no SIMD, or Math.exp has other bits than the kernel, as it may in another version
 *   of V8.
 */
export function openExpKernel<Functions extends ExpKernel>(
  name: string,
): Kernel<Functions> | undefined {
  const kernel = openKernel<Functions>(name);
  return kernel !== undefined && agrees(kernel) ? kernel : undefined;
}

function agrees(kernel: Kernel<ExpKernel>): boolean {
  const { at, memory } = kernel.room(8 * COMPARED);
  const start = at[0] as number;
  const values = new Float64Array(memory, start, COMPARED);
  // From −745, where exp becomes 0, up to −1e-8, closer and closer to 0.
  const arguments_ = Float64Array.from(values, (_, i) => -745 * 1.11e-11 ** (i / COMPARED));
  values.set(arguments_);
  kernel.functions.expInPlace(start, COMPARED);
  return values.every((e, i) => e === Math.exp(arguments_[i] as number));
}
