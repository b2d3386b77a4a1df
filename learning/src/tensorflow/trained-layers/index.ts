/** Layers that TensorFlow.js trains otherwise than is wanted here, changed in the model. */
export { trainBatchNormalizations } from './batch-normalization.js';
export { DropoutMasks } from './dropout-masks.js';
export { untrainableLayer } from './untrainable-layer.js';
