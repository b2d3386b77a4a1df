/** Runs ONNX models. The only door that loads `onnxruntime-node`; no TensorFlow. */
export { missingCudaProvider } from './cuda-provider.js';
export { OnnxInference, runtimeWords } from './onnx-inference.js';
export { onnxRuntimeVersion } from './runtime-version.js';
