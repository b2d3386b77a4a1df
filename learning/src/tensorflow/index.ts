/** What needs tensors: the engine, the built-in architectures, models in and out of packages, inference. */
export type {
  LayersModel,
  NamedTensorMap,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  Variable,
} from '@tensorflow/tfjs';
export { type ArchitectureSettings, buildStudent } from './architectures.js';
export { DropoutMasks } from './dropout-masks.js';
export {
  type Engine,
  type EngineOptions,
  openEngine,
  setComputeThreads,
  type Tf,
} from './engine.js';
export { GraphModelInference } from './graph-model-inference.js';
export {
  concreteShape,
  fitsInput,
  Inference,
  type InferenceResult,
  modelSampleShape,
  scaled,
} from './inference.js';
export { type ForwardPass, type ForwardResult, forwardPass } from './layer-outputs.js';
export { loadModel, savedModel } from './model-files.js';
export { SavedModelInference } from './saved-model-inference.js';
export { type NotTraced, type TraceableCall, TracedStep, traceStep } from './traced/index.js';
