/** ONNX files: read without onnxruntime, checked, described. */
export { onnx } from './onnx.js';
export { ONNX_ELEMENTS, type OnnxElementType } from './onnx-elements.js';
export { ONNX } from './onnx-format.js';
export {
  classifierOf,
  encodeOnnxPackage,
  ONNX_MEMBER,
  type OnnxPackage,
  onnxPackageOf,
  outlineOf,
} from './onnx-package.js';
export { onnxTable, tableClassifierOf } from './onnx-table.js';
export { readOnnxModel, withOwnWeights } from './read-onnx-file.js';
