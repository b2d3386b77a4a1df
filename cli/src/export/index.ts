/** Models written for other programs, each ONNX file checked against what the model itself gives. */
export { type ComparedOutputs, checkOnnx, testOutputs } from './check-onnx.js';
export {
  CLASSES_FILE,
  EXPORT_FORMATS,
  type ExportedFiles,
  type ExportFormat,
  onnxFiles,
  safetensorsFiles,
  tfjsFiles,
  tritonFiles,
} from './exported-files.js';
export { noiseOutputs } from './noise-outputs.js';
