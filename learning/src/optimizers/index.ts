/** The optimisers: one file for each, and the table of them. TensorFlow is imported only for its types. */
export { globalNorm } from './clipping.js';
export type { Optimizer } from './optimizer.js';
export * from './table.js';
