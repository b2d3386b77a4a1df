/** What is peculiar to ONNX files as classifiers. */
import type { GraphFormat } from '../graphs/index.js';

export const ONNX: GraphFormat = {
  inputTypes: ['float32', 'float16', 'float64', 'uint8', 'int32', 'int64'],
  outputTypes: ['float32', 'float16', 'float64'],
  logitOperations: ['Gemm', 'MatMul', 'Add', 'LogSoftmax'],
  rowByRow: ['DynamicQuantizeLinear', 'DynamicQuantizeLSTM', 'DynamicQuantizeMatMul'],
  outputAdvice: ({ operations }) =>
    operations.has('ZipMap')
      ? "ends in ZipMap, which gives maps and no tensors: export it again with convert_sklearn(…, options={'zipmap': False}), which gives probabilities [batch, classes]"
      : undefined,
};
