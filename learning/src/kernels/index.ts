/** Kernels in WebAssembly with SIMD, and the memory that they work in. */
export { type Kernel, onceAThread, openKernel, rowsOfBlock } from './kernel.js';
