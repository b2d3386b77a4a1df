/** The kernel of pools (`learning/wasm/pool.ts`), for rows of float32 that are long enough for it. */
import type { Values } from '../../arrays/index.js';
import {
  type ExpKernel,
  type Kernel,
  onceAThread,
  openExpKernel,
  rowsOfBlock,
} from '../../kernels/index.js';

export type PoolRule = 'arithmetic' | 'geometric';

/** What is pooled, and how. */
export interface PoolInput {
  readonly rule: PoolRule;
  readonly temperature: number;
  /** One [N, C] a teacher, in ensemble order. Logits of a teacher of share 0 are not read. */
  readonly teacherLogits: readonly Values[];
  /** [K], or [N, K]: each row's own. */
  readonly shares: Float64Array;
  readonly rowCount: number;
  readonly classCount: number;
}

type PoolFunction = (
  logits: number,
  shares: number,
  sharesStep: number,
  teachers: number,
  rows: number,
  classes: number,
  temperature: number,
  out: number,
  row: number,
  exponentials: number,
) => unknown;

interface Functions extends ExpKernel {
  readonly poolArithmetic: PoolFunction;
  readonly poolGeometric: PoolFunction;
}

/** With fewer classes, copying rows into the kernel costs more than the kernel saves. */
const KERNEL_CLASSES = 32;

class PoolKernel {
  readonly #kernel: Kernel<Functions>;

  private constructor(kernel: Kernel<Functions>) {
    this.#kernel = kernel;
  }

  /** This thread's kernel; undefined: there is no SIMD, or Math.exp has other bits than the kernel. */
  static open(): PoolKernel | undefined {
    const kernel = openExpKernel<Functions>('pool');
    return kernel && new PoolKernel(kernel);
  }

  /** Computes what `poolWithShares` gives. @returns false, with rubbish in `out`, if the kernel cannot compute it. */
  pool(input: PoolInput, teacherLogits: readonly Float32Array[], out: Float32Array): boolean {
    const { rule, temperature, shares, rowCount, classCount } = input;
    const { functions } = this.#kernel;
    const run = rule === 'arithmetic' ? functions.poolArithmetic : functions.poolGeometric;
    const teachers = teacherLogits.length;
    const ownShares = shares.length === teachers ? 0 : teachers;
    const perBlock = rowsOfBlock(teachers * classCount);
    for (let first = 0; first < rowCount; first += perBlock) {
      const rows = Math.min(perBlock, rowCount - first);
      const numbers = rows * classCount;
      const scratch = 8 * (classCount + 1);
      const { at, memory } = this.#kernel.room(
        4 * teachers * numbers,
        8 * (shares.length === teachers ? teachers : rows * teachers),
        scratch,
        scratch,
        4 * numbers,
      );
      const [logits, weights, row, exponentials, pooled] = at as Addresses;
      const values = new Float32Array(memory, logits, teachers * numbers);
      for (const [k, own] of teacherLogits.entries()) {
        values.set(own.subarray(first * classCount, first * classCount + numbers), k * numbers);
      }
      const blockShares =
        ownShares === 0 ? shares : shares.subarray(first * teachers, (first + rows) * teachers);
      new Float64Array(memory, weights, blockShares.length).set(blockShares);
      const isDone = run(
        logits,
        weights,
        ownShares,
        teachers,
        rows,
        classCount,
        temperature,
        pooled,
        row,
        exponentials,
      );
      if (isDone === 0) return false;
      out.set(new Float32Array(memory, pooled, numbers), first * classCount);
    }
    return true;
  }
}

type Addresses = [number, number, number, number, number];

const threadsKernel = onceAThread(() => PoolKernel.open());

/**
 * What `poolWithShares` gives. The caller has checked the lengths.
 *
 * @returns false, with rubbish in `out`, if the kernel cannot compute it.
 */
export function poolByKernel(input: PoolInput, out: Values): boolean {
  const { teacherLogits, classCount } = input;
  const isLong = classCount >= KERNEL_CLASSES && out instanceof Float32Array;
  if (!isLong || !teacherLogits.every((own) => own instanceof Float32Array)) return false;
  const kernel = threadsKernel();
  return kernel?.pool(input, teacherLogits as readonly Float32Array[], out) ?? false;
}
