/** A teacher that is an ONNX model. */
import { OnnxInference } from '@lyceum/learning/onnx';
import { GraphTeacher } from './graph-teacher.js';
import type { LocalOpener } from './local-opener.js';

export const onnx: LocalOpener<'onnx'> = {
  format: 'onnx',
  version: () => 'onnxruntime',
  open: (model, { dataset }, { computeThreads: threads }) =>
    GraphTeacher.open({
      packaged: { format: 'onnx', model },
      dataset,
      open: (options) => OnnxInference.open(model, { ...options, threads }),
    }),
};
