/** A teacher that is an ONNX model of a table's columns. */
import { missingCudaProvider, OnnxTableInference, onnxRuntimeVersion } from '@lyceum/learning/onnx';
import type { LocalOpener } from './local-opener.js';
import { RawTeacher } from './raw-teacher.js';

export const onnxTable: LocalOpener<'onnx-table'> = {
  format: 'onnx-table',
  version: () => `onnxruntime ${onnxRuntimeVersion()}`,
  gpuProblem: () => missingCudaProvider(),
  // ONNX Runtime chooses algorithms by the time that they take.
  isExactOnGpu: false,
  open: async (model, { dataset }, { computeThreads: threads, device }) => {
    const inference = await OnnxTableInference.open(model, dataset, { threads, device });
    return RawTeacher.open({ format: 'onnx-table', model }, dataset, inference);
  },
};
