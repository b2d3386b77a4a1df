/** Reads the model that a user names, as a package. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readFolderFile, readPlainFile } from '@lyceum/learning/files';
import {
  encodeModelPackage,
  encodeOnnxPackage,
  readModelFolder,
  readOnnxModel,
} from '@lyceum/learning/formats';
import { type ModelSettings, parsePartialSettings } from '@lyceum/learning/models';
import { LyceumError, MODEL_MAX_BYTES, SPECIFICATION_MAX_BYTES } from '@lyceum/proto';
import type { ServedFile } from './serve-models.js';

/**
 * @param argument - `NAME=PATH`, where PATH is a folder with a `model.json`, an `.onnx` file (with
 *   `NAME.settings.json` beside it), or a stored package of a model.
 * @throws {LyceumError} INVALID_ARGUMENT, NOT_FOUND
 */
export async function readServedModel(argument: string): Promise<ServedFile> {
  const at = argument.indexOf('=');
  const [name, path] = [argument.slice(0, at), argument.slice(at + 1)];
  if (at < 1 || path === '' || !/^[^\s/=]+$/.test(name)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${argument}: want NAME=PATH, such as digits=./digits`,
    );
  }
  return { name, bytes: await packageAt(path) };
}

async function packageAt(path: string): Promise<Buffer> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new LyceumError('NOT_FOUND', `${path}: no such file`);
  if (found.isDirectory() || path.endsWith('.json')) {
    return encodeModelPackage(await readModelFolder(path));
  }
  if (!path.endsWith('.onnx')) return readPlainFile(path, MODEL_MAX_BYTES);
  const settings = path.replace(/\.onnx$/, '.settings.json');
  return encodeOnnxPackage(readOnnxModel(path, existsSync(settings) ? settingsAt(settings) : {}));
}

function settingsAt(path: string): Partial<ModelSettings> {
  const written = readFolderFile(dirname(path), basename(path), SPECIFICATION_MAX_BYTES);
  return parsePartialSettings(written.toString(), path);
}
