/** Which samples of a set are taken, and in what order: by seed, by class, by label. */
export { chunkOf } from './chunk-order.js';
export { classSpreadSamples } from './class-spread-order.js';
export { labelledMask } from './labelled-mask.js';
export { measuredSamples, measuredTrainOrder } from './measured-samples.js';
export {
  batchSpan,
  keyedPermutation,
  type OrderKey,
  orderedRows,
  type Span,
  type StepPlan,
  stepPlan,
} from './order.js';
export { orderedSamples } from './sample-order.js';
