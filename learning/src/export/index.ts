/** Models in other formats than TensorFlow.js's, on plain arrays. No TensorFlow. */
export { exportOnnx, type OnnxOptions } from './onnx/export-onnx.js';
export { exportSafetensors } from './safetensors.js';
export { tritonRepository } from './triton.js';
