/** The format of ONNX files, for the table of formats. */
import type { ModelFormat } from '../../models/index.js';
import {
  describeOnnx,
  encodeOnnxPackage,
  ONNX_MEMBER,
  type OnnxPackage,
  onnxFormatName,
  parseOnnxPackage,
} from './onnx-package.js';
import { readOnnxModel } from './read-onnx-file.js';

export const onnx = {
  name: 'onnx',
  engine: 'onnxruntime',
  member: ONNX_MEMBER,
  parse: parseOnnxPackage,
  nameOf: onnxFormatName,
  describe: describeOnnx,
  mayReadColumns: true,
  onDisk: {
    liesAt: (path) => path.endsWith('.onnx'),
    settingsFile: (path) => path.replace(/\.onnx$/, '.settings.json'),
    pack: (path, given) => encodeOnnxPackage(readOnnxModel(path, given)),
  },
} as const satisfies ModelFormat<OnnxPackage>;
