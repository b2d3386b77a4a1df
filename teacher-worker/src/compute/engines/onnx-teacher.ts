/** A teacher that is an ONNX model. */
import type { Dataset } from '@lyceum/learning/datasets';
import type { OnnxPackage } from '@lyceum/learning/formats';
import { OnnxInference } from '@lyceum/learning/onnx';
import { GraphTeacher } from './graph-teacher.js';

/** @throws {LyceumError} INVALID_ARGUMENT if the runtime refuses the model, or the samples do not fit it. */
export function openOnnxTeacher(
  model: OnnxPackage,
  dataset: Dataset,
  threads: number,
): Promise<GraphTeacher> {
  return GraphTeacher.open({
    packaged: { format: 'onnx', model },
    dataset,
    open: (options) => OnnxInference.open(model, { ...options, threads }),
  });
}
