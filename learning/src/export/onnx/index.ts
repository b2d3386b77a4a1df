/** Writes a layers model as an ONNX file. */
export { exportOnnx, type OnnxOptions } from './export-onnx.js';
