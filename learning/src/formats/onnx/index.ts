/** ONNX files: read without onnxruntime, checked, described. */
export { onnx } from './onnx.js';
export { ONNX_ELEMENTS, type OnnxElementType } from './onnx-elements.js';
export {
  classifierOf,
  encodeOnnxPackage,
  type OnnxPackage,
  onnxPackageOf,
} from './onnx-package.js';
export { readOnnxModel } from './read-onnx-file.js';
