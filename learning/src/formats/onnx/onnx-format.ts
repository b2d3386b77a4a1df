/** How ONNX files differ from other graphs as classifiers. */
import type { GraphFormat, GraphValue } from '../graphs/index.js';

export const ONNX: GraphFormat = {
  inputTypes: ['float32', 'float16', 'float64', 'uint8', 'int32', 'int64'],
  outputTypes: ['float32', 'float16', 'float64'],
  logitOperations: ['Gemm', 'MatMul', 'MatMulNBits', 'Add', 'LogSoftmax'],
  rowByRow: ['DynamicQuantizeLinear', 'DynamicQuantizeLSTM', 'DynamicQuantizeMatMul'],
  outputAdvice: ({ operations, outputs, operationOf }) =>
    operations.has('ZipMap')
      ? "ends in ZipMap, which gives maps and no tensors: export it again with convert_sklearn(…, options={'zipmap': False}), which gives probabilities [batch, classes]"
      : outputs.filter(isColumn).length > 1
        ? "gives an output for each class, as convert_sklearn(…, options={'zipmap': 'columns'}) makes them: export it again with options={'zipmap': False}, which gives probabilities [batch, classes]"
        : outputs.every(({ name }) => operationOf.get(name) === 'ArgMax')
          ? 'gives the class alone (ArgMax), and not how likely each class is: export it without that operation'
          : undefined,
};

/** Whether the output has one number for each sample. */
function isColumn({ elementType, shape }: GraphValue): boolean {
  return elementType.startsWith('float') && shape?.length === 1;
}
