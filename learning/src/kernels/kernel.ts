/**
 * Arithmetic in WebAssembly with SIMD: `learning/wasm/NAME.ts`, compiled by the build. Beside each kernel is a plain
 * function with the same bits, which tests compare it with and which runs on machines without SIMD.
 *
 * A kernel belongs to one thread. It reads and writes only its own memory, so its inputs are copied there.
 */
import { readFileSync } from 'node:fs';

const PAGE_BYTES = 64 * 1024;

/** Numbers that are copied into a kernel at a time: they stay in the processor's second cache. */
const BLOCK_NUMBERS = 64 * 1024;

/** Addresses of arrays are multiples of this. */
const ALIGNMENT = 16;

/** Every kernel exports the end of its own tables. */
interface OwnExports {
  heapBase(): number;
}

export class Kernel<Functions> {
  readonly functions: Functions;
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const imports = { env: { memory: this.#memory, abort } };
    const { exports } = new WebAssembly.Instance(module, imports);
    this.functions = exports as Functions;
    this.#base = aligned((exports as unknown as OwnExports).heapBase());
  }

  /**
   * Room for arrays of so many bytes each, one behind the other. Former contents may be overwritten.
   *
   * @returns where each array begins, and their memory. Both are valid until the next call.
   */
  room(...byteCounts: readonly number[]): { readonly at: number[]; readonly memory: ArrayBuffer } {
    let end = this.#base;
    const at = byteCounts.map((bytes) => {
      const start = end;
      end = aligned(start + bytes);
      return start;
    });
    const lacking = end - this.#memory.buffer.byteLength;
    if (lacking > 0) this.#memory.grow(Math.ceil(lacking / PAGE_BYTES));
    return { at, memory: this.#memory.buffer as ArrayBuffer };
  }
}

/** How many rows of so many numbers are copied into a kernel at a time. */
export function rowsOfBlock(numbers: number): number {
  return Math.max(1, Math.floor(BLOCK_NUMBERS / numbers));
}

/** The result of `open`, which is called once a thread, at the first need. Undefined is remembered too. */
export function onceAThread<T>(open: () => T): () => T {
  let opened: { readonly value: T } | undefined;
  return () => {
    opened ??= { value: open() };
    return opened.value;
  };
}

/** @returns undefined if WebAssembly or its SIMD is missing. @throws {Error} if the build left the file out. */
export function openKernel<Functions>(name: string): Kernel<Functions> | undefined {
  // The built file, seen from src/ and from dist/ alike.
  const bytes = readFileSync(new URL(`../../dist/wasm/${name}.wasm`, import.meta.url));
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return undefined;
  return new Kernel<Functions>(new WebAssembly.Module(bytes));
}

function aligned(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

function abort(): never {
  throw new Error('a kernel gave up');
}
