/** Converts a model to ONNX. */
import { exportOnnx, type OnnxOptions } from '@lyceum/learning/export';
import type { ModelPackage } from '@lyceum/learning/formats';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { AS_IT_IS } from './export-formats.js';

/** @throws {LyceumError} INVALID_ARGUMENT naming a layer that has no counterpart in ONNX. */
export function onnxFile(model: ModelPackage, options: OnnxOptions): Uint8Array {
  try {
    return exportOnnx(model, options);
  } catch (err) {
    const { code, message } = toLyceumError(err);
    throw new LyceumError(code, `${message}; ${AS_IT_IS}`, { cause: err });
  }
}
