/** Students written for other programs, each checked against the run's own outputs. */
export { checkOnnx, testOutputs } from './check-onnx.js';
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
