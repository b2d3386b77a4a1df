/** A teacher that is an ONNX model. */
import { missingCudaProvider, OnnxInference, onnxRuntimeVersion } from '@lyceum/learning/onnx';
import { GraphTeacher } from './graph-teacher.js';
import type { LocalOpener } from './local-opener.js';

export const onnx: LocalOpener<'onnx'> = {
  format: 'onnx',
  version: () => `onnxruntime ${onnxRuntimeVersion()}`,
  gpuProblem: () => missingCudaProvider(),
  // ONNX Runtime chooses convolutions by the time that they take.
  isExactOnGpu: false,
  open: (model, { dataset }, { computeThreads: threads, device }) =>
    GraphTeacher.open({
      packaged: { format: 'onnx', model },
      dataset,
      open: (options) => OnnxInference.open(model, { ...options, threads, device }),
    }),
};
