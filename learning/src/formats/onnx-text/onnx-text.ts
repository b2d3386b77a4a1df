/** The format of ONNX models of texts, for the table of formats. */
import { join } from 'node:path';
import type { ModelFormat } from '../../models/index.js';
import {
  describeOnnxText,
  encodeOnnxTextPackage,
  type OnnxTextPackage,
  parseOnnxTextPackage,
  TOKENIZER_MEMBER,
} from './onnx-text-package.js';
import { isTextFolder, readTextFolder } from './read-text-folder.js';

export const onnxText = {
  name: 'onnx-text',
  engine: 'onnxruntime-text',
  member: TOKENIZER_MEMBER,
  parse: parseOnnxTextPackage,
  describe: describeOnnxText,
  onDisk: {
    liesAt: isTextFolder,
    settingsFile: (path) => join(path, 'settings.json'),
    pack: (path, given) => encodeOnnxTextPackage(readTextFolder(path, given)),
  },
} as const satisfies ModelFormat<OnnxTextPackage>;
