/** The students that a run names by their architecture: one file for each architecture, and the table of them. */
export type { Convolution, Layers, NormalizedConvolution } from './architecture.js';
export * from './table.js';
