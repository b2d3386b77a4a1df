/** Kernels in WebAssembly with SIMD, and the memory that they work in. */
export { type ExpKernel, openExpKernel } from './exp-kernel.js';
export { type Kernel, onceAThread, openKernel, rowsOfBlock } from './kernel.js';
