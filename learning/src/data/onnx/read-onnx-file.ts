/** Reads an ONNX model from disk, with the weight files that lie beside it. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { LyceumError, MODEL_MAX_BYTES } from '@lyceum/proto';
import type { ModelSettings } from '../model-settings.js';
import { readOnnx, withWeightsInside } from './onnx-file.js';
import { type OnnxPackage, onnxPackageOf } from './onnx-package.js';

/**
 * @throws {LyceumError} NOT_FOUND if a file is missing.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function readOnnxModel(path: string, given: Partial<ModelSettings>): OnnxPackage {
  const bytes = readBounded(path);
  const { externalFiles } = readOnnx(bytes, path);
  if (externalFiles.size === 0) return onnxPackageOf(bytes, given, path);
  const folder = dirname(resolve(path));
  const weights = new Map<string, Uint8Array>();
  let total = bytes.length;
  for (const name of externalFiles) {
    const file = resolve(folder, name);
    if (!file.startsWith(folder + sep)) {
      const message = `${path}: weight file ${name} lies outside the model's folder`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const content = readBounded(file);
    weights.set(name, content);
    total += content.length;
  }
  if (total > MODEL_MAX_BYTES) throw tooLarge(path, total);
  const whole = withWeightsInside(bytes, (name) => weights.get(name) as Uint8Array, path);
  return onnxPackageOf(whole, given, path);
}

function readBounded(path: string): Buffer {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new LyceumError('NOT_FOUND', `${path}: no such file`);
  if (found.size > MODEL_MAX_BYTES) throw tooLarge(path, found.size);
  return readFileSync(path);
}

function tooLarge(path: string, bytes: number): LyceumError {
  const message = `${path}: has ${bytes} bytes; at most ${MODEL_MAX_BYTES} are read`;
  return new LyceumError('INVALID_ARGUMENT', message);
}
