/** Runs ONNX models. The only door that loads `onnxruntime-node`; no TensorFlow. */
export { OnnxInference } from './onnx-inference.js';
