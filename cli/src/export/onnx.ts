/** The format of one ONNX file. */
import { encodingFile, type OnnxFormat } from './export-format.js';

export const onnx = {
  name: 'onnx',
  hasOnnx: true,
  files: (_, file, model) =>
    new Map<string, Uint8Array | string>([['model.onnx', file], ...encodingFile(model)]),
} as const satisfies OnnxFormat;
