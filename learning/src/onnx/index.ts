/** Runs ONNX models. The only door that loads `onnxruntime-node`; no TensorFlow. */
export { OnnxInference, type OnnxInferenceOptions } from './onnx-inference.js';
