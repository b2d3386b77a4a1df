/** The format of ONNX models that read a table's columns, for the table of formats: the same file, asked otherwise. */
import type { ModelFormat } from '../../models/index.js';
import {
  describeTable,
  type GraphDescription,
  requireTableClassifier,
  type TableClassifier,
} from '../graphs/index.js';
import { ONNX } from './onnx-format.js';
import {
  ONNX_MEMBER,
  type OnnxPackage,
  onnxFormatName,
  outlineOf,
  parseOnnxPackage,
} from './onnx-package.js';

export const onnxTable = {
  name: 'onnx-table',
  engine: 'onnxruntime-table',
  parse: parseOnnxPackage,
  nameOf: onnxFormatName,
  describe: describeOnnxTable,
} as const satisfies ModelFormat<OnnxPackage>;

/** How the model of a checked package is asked. @throws {InvalidDocumentError} as `onnxPackageOf`. */
export function tableClassifierOf({ file, settings }: OnnxPackage): TableClassifier {
  return requireTableClassifier(outlineOf(file, ONNX_MEMBER), ONNX, settings, ONNX_MEMBER);
}

function describeOnnxTable({ file, settings }: OnnxPackage): GraphDescription {
  const outline = outlineOf(file, ONNX_MEMBER);
  const classifier = requireTableClassifier(outline, ONNX, settings, ONNX_MEMBER);
  return describeTable(outline, outline, classifier, settings);
}
