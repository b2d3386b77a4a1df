/** The students that a run names by their architecture: a file each that says all of one, and the table of them. */
export type { Convolution, Layers, NormalizedConvolution } from './architecture.js';
export * from './table.js';
