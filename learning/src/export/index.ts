/** Writes a trained student for other programs: ONNX, safetensors, a Triton repository. No TensorFlow. */
export * from './onnx/index.js';
export { exportSafetensors } from './safetensors.js';
export { tritonRepository } from './triton.js';
