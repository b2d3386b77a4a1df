/** ONNX files: read without onnxruntime, checked, described. */
export { ONNX_ELEMENTS, type OnnxElementType } from './onnx-elements.js';
export {
  classifierOf,
  describeOnnx,
  encodeOnnxPackage,
  ONNX_MEMBER,
  type OnnxPackage,
  onnxPackageOf,
  requireRunnableOnnx,
} from './onnx-package.js';
export { readOnnxModel } from './read-onnx-file.js';
