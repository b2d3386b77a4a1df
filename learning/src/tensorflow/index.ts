/**
 * All code that needs tensors: students built of an architecture, models in and out of packages, inference. The only
 * door that loads TensorFlow.
 */
export type {
  LayersModel,
  NamedTensorMap,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Variable,
} from '@tensorflow/tfjs';
export { buildStudent } from './build-student.js';
export { type FedValues, fedTensor, realValues } from './byte-tensors.js';
export {
  type Engine,
  EXPORT_OTHERWISE,
  type GpuFacts,
  gpuProblem,
  modelFailure,
  openEngine,
  prepareEngine,
  type Tf,
} from './engine/index.js';
export { GraphModelInference } from './graph-model-inference.js';
export { concreteShape, fitsInput, Inference, modelSampleShape, scaled } from './inference.js';
export { type ForwardPass, forwardPass } from './layer-outputs.js';
export { loadModel, savedModel } from './model-files.js';
export { SavedModelInference } from './saved-model-inference.js';
export { SavedModelTableInference } from './saved-model-table-inference.js';
export * from './traced/index.js';
export * from './trained-layers/index.js';
