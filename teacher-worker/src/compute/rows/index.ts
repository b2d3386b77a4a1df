/**
 * Checks of rows of outputs: finite, distributions, independent of each other; and how a span is cut into inferences.
 */
export { answersOfLogits, finalAnswers, outputsOfLogits } from './class-tensors.js';
export { requireFinite } from './finite.js';
export { INFERENCE_ROWS, inferenceRanges } from './inference-ranges.js';
export { requireDistributions } from './probability-rows.js';
export { requireRowIndependence } from './row-independence.js';
