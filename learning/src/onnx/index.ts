/** Runs ONNX models. The only door that loads `onnxruntime-node`; no TensorFlow. */
export { missingCudaProvider } from './cuda-provider.js';
export { OnnxInference } from './onnx-inference.js';
export { runtimeWords } from './onnx-session.js';
export { OnnxTableInference } from './onnx-table-inference.js';
export { OnnxTextInference } from './onnx-text-inference.js';
export { onnxRuntimeVersion } from './runtime-version.js';
