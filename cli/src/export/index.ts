/** Writes models for other programs. Each ONNX file is compared with the original model's outputs. */
export { type ComparedOutputs, checkOnnx, testOutputs } from './check-onnx.js';
export type { ExportedFiles, OnnxFormat } from './export-format.js';
export { EXPORT_FORMAT_NAMES, exportFormat, ONNX_FORMATS } from './export-formats.js';
export { noiseOutputs } from './noise-outputs.js';
export { onnxFile } from './onnx-file.js';
export { CLASSES_FILE } from './tfjs.js';
