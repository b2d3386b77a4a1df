/** The optimisers: a file each that says all of one, and the table of them. TensorFlow only in types. */
export { globalNorm } from './clipping.js';
export type { Optimizer } from './optimizer.js';
export * from './table.js';
