/** Reads an ONNX model from disk, with the weight files that lie beside it. */
import { dirname } from 'node:path';
import { LyceumError, MODEL_MAX_BYTES } from '@lyceum/proto';
import { readFolderFile, readPlainFile } from '../../files/index.js';
import type { ModelSettings } from '../../models/index.js';
import { withWeightsInside } from './inspect-onnx.js';
import { readOnnx } from './onnx-file.js';
import { type OnnxPackage, onnxPackageOf } from './onnx-package.js';

/**
 * @throws {LyceumError} NOT_FOUND if a file is missing.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function readOnnxModel(path: string, given: Partial<ModelSettings>): OnnxPackage {
  const bytes = readPlainFile(path, MODEL_MAX_BYTES);
  return onnxPackageOf(withOwnWeights(bytes, path), given, path);
}

/**
 * A model's file with the contents of the weight files that it names.
 *
 * @param path - the file's own; weight files lie beside it.
 * @throws {LyceumError} as {@link readOnnxModel}.
 */
export function withOwnWeights(bytes: Uint8Array, path: string): Uint8Array {
  const { externalFiles } = readOnnx(bytes, path);
  const weights = new Map<string, Uint8Array>();
  let left = MODEL_MAX_BYTES - bytes.length;
  for (const name of externalFiles) {
    const content = readFolderFile(dirname(path), name, MODEL_MAX_BYTES);
    weights.set(name, content);
    left -= content.length;
    if (left < 0) {
      const message = `${path}: has more than ${MODEL_MAX_BYTES} bytes with its weight files, which are the most that are read`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
  }
  return withWeightsInside(bytes, (name) => weights.get(name) as Uint8Array, path);
}
