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
