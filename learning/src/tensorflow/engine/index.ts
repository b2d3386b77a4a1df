/** TensorFlow itself: the backend that a program computes with, and the repairs to it. */
export {
  type Engine,
  gpuProblem,
  openEngine,
  prepareEngine,
} from './engine.js';
export { EXPORT_OTHERWISE, type GpuFacts, modelFailure } from './gpu-failure.js';
export {
  ATTRIBUTE,
  type Binding,
  DT,
  type InputInfo,
  libraryType,
  type NativeBackend,
  nativeBackend,
  type OperationAttribute,
  type TensorMetadata,
} from './native-backend.js';
export type { Tf } from './tf.js';
