/**
 * Writes a trained student for other programs: as ONNX, as safetensors, as a Triton repository. Loads no TensorFlow.
 */
export * from './onnx/index.js';
export { exportSafetensors } from './safetensors.js';
export { tritonRepository } from './triton.js';
