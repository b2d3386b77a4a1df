/** From files on disk to a model's package: tells the format, adds settings, and sees that the model works. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  classifierOf,
  encodeEndpointPackage,
  encodeModelPackage,
  encodeOnnxPackage,
  type ModelSettings,
  type OnnxPackage,
  parsePartialSettings,
  readModelFolder,
  readOnnxModel,
} from '@lyceum/learning/data';
import { type ErrorCode, LyceumError, parseEndpoint } from '@lyceum/proto';
import { foreignFormat } from './foreign-format.js';

/** A black-box endpoint described, as a teacher. */
const ENDPOINT_FILE = /\.(ya?ml|endpoint\.json)$/;

/**
 * @param path - an `.onnx` file, a `model.json`, the folder that has one, or a `.yaml` that describes an endpoint.
 * @param settingsFile - instead of `NAME.settings.json` or `settings.json` beside it.
 * @returns the package's bytes.
 * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT naming what keeps the model from being used.
 */
export async function readModel(path: string, settingsFile: string | undefined): Promise<Buffer> {
  const foreign = foreignFormat(path, membersOf(path));
  if (foreign !== undefined) throw new LyceumError('INVALID_ARGUMENT', `${path} ${foreign}`);
  if (ENDPOINT_FILE.test(path)) {
    const settings = settingsFile === undefined ? {} : readSettings(settingsFile);
    const endpoint = parseEndpoint(readText(path, 'NOT_FOUND'), path);
    return encodeEndpointPackage({ endpoint, settings: { output: 'probabilities', ...settings } });
  }
  if (!path.endsWith('.onnx')) {
    const given = settingsFile === undefined ? undefined : readSettings(settingsFile);
    return encodeModelPackage(await readModelFolder(path, given));
  }
  const beside = path.replace(/\.onnx$/, '.settings.json');
  const file = settingsFile ?? (existsSync(beside) ? beside : undefined);
  const model = readOnnxModel(path, file === undefined ? {} : readSettings(file));
  await tryOnnx(model, path);
  return encodeOnnxPackage(model);
}

/** Names in a folder; none of anything else. */
function membersOf(path: string): readonly string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? readdirSync(path) : [];
}

function readSettings(file: string): Partial<ModelSettings> {
  return parsePartialSettings(readText(file, 'INVALID_ARGUMENT'), file);
}

function readText(file: string, code: ErrorCode): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (err) {
    const message = `${file} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError(code, message, { cause: err });
  }
}

/** Runs one batch, where the file says how large a sample is; else the first worker that loads it does. */
async function tryOnnx(model: OnnxPackage, path: string): Promise<void> {
  const { input } = classifierOf(model);
  const sampleShape = input.shape?.slice(1).flatMap((size) => size ?? []);
  if (sampleShape === undefined || sampleShape.length + 1 !== input.shape?.length) return;
  // Here and not above: only a push of such a model loads the runtime.
  const { OnnxInference } = await import('@lyceum/learning/onnx');
  try {
    const threads = availableParallelism();
    const inference = await OnnxInference.open(model, { rows: 1, threads, sampleShape });
    await inference.close();
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError(err.code, `${path}: ${err.message}`, { cause: err });
  }
}
