/** What `pull` writes in each format: files by their path below the output folder. */
import { ENCODING_FILE, encodingJson } from '@lyceum/learning/datasets';
import {
  exportOnnx,
  exportSafetensors,
  type OnnxOptions,
  tritonRepository,
} from '@lyceum/learning/export';
import type { ModelPackage } from '@lyceum/learning/formats';
import { settingsJson } from '@lyceum/learning/models';
import { LyceumError, toLyceumError } from '@lyceum/proto';

export const EXPORT_FORMATS = ['tfjs', 'onnx', 'safetensors', 'triton'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export type ExportedFiles = ReadonlyMap<string, Uint8Array | string>;

const ONNX_FILE = 'model.onnx';

/** What is left to a user whose model is not handed out as ONNX. */
export const AS_IT_IS = '--format tfjs and safetensors give the model as it is';

/** Names of classes in the order of outputs, a JSON list. */
export const CLASSES_FILE = 'classes.json';

/**
 * For TensorFlow.js: `model.json` comes last, so that it never names weights that are not there.
 *
 * @param classNames - where they are known.
 */
export function tfjsFiles(
  model: ModelPackage,
  classNames: readonly string[] | undefined,
): ExportedFiles {
  const { modelJson, weights, settings } = model;
  return new Map<string, Uint8Array | string>([
    ['weights.bin', weights],
    ['settings.json', `${settingsJson(settings)}\n`],
    ...(classNames === undefined
      ? []
      : [[CLASSES_FILE, `${JSON.stringify(classNames)}\n`] as const]),
    ...encodingFile(model),
    ['model.json', `${JSON.stringify(modelJson)}\n`],
  ]);
}

/** @param classNames - where they are known. */
export function safetensorsFiles(
  model: ModelPackage,
  classNames: readonly string[] | undefined,
): ExportedFiles {
  const metadata = {
    output: model.settings.output,
    ...(classNames !== undefined && { classNames: JSON.stringify(classNames) }),
  };
  return new Map<string, Uint8Array | string>([
    ['model.safetensors', exportSafetensors(model, metadata)],
    ...encodingFile(model),
  ]);
}

export function onnxFiles(model: ModelPackage, options: OnnxOptions): ExportedFiles {
  return new Map<string, Uint8Array | string>([
    [ONNX_FILE, onnxFile(model, options)],
    ...encodingFile(model),
  ]);
}

/** @param name - of the model, a folder of the repository. */
export function tritonFiles(
  name: string,
  model: ModelPackage,
  options: OnnxOptions,
): ExportedFiles {
  const repository = tritonRepository(
    name,
    onnxFile(model, options),
    options,
    model.settings.output,
  );
  return new Map<string, Uint8Array | string>([...repository, ...encodingFile(model, `${name}/`)]);
}

/** @throws {LyceumError} INVALID_ARGUMENT naming a layer that has no counterpart in ONNX. */
function onnxFile(model: ModelPackage, options: OnnxOptions): Uint8Array {
  try {
    return exportOnnx(model, options);
  } catch (err) {
    const { code, message } = toLyceumError(err);
    throw new LyceumError(code, `${message}; ${AS_IT_IS}`, { cause: err });
  }
}

/** What makes the inputs of a student of texts or rows. */
function encodingFile({ encoding }: ModelPackage, folder = ''): [string, string][] {
  return encoding === undefined
    ? []
    : [[`${folder}${ENCODING_FILE}`, `${encodingJson(encoding)}\n`]];
}
