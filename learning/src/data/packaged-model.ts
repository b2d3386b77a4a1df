/** A model's package of any format: told apart by its members, described the same way. */
import { InvalidDocumentError, MODEL_MAX_BYTES, toLyceumError } from '@lyceum/proto';
import { describeModel, type ModelDescription } from './model-description.js';
import { type LayerDescription, modelLayers } from './model-layers.js';
import { type ModelPackage, parseModelPackage } from './model-package.js';
import { type ModelSettings, parseSettingsJson } from './model-settings.js';
import { describeOnnx, ONNX_MEMBER, type OnnxPackage } from './onnx/onnx-package.js';
import { readZip } from './zip.js';

export type PackagedModel =
  | { readonly format: 'layers-model'; readonly model: ModelPackage }
  | { readonly format: 'onnx'; readonly model: OnnxPackage };

export const MODEL_FORMATS = ['layers-model', 'onnx'] as const satisfies readonly ModelFormat[];
export type ModelFormat = PackagedModel['format'];

/** What runs models of a format: part of a teacher's identity, since another engine gives other bits. */
export const ENGINE_OF: Readonly<Record<ModelFormat, string>> = {
  'layers-model': 'tfjs-layers',
  onnx: 'onnxruntime',
};

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function parsePackagedModel(bytes: Uint8Array, source = 'model package'): PackagedModel {
  const members = readMembers(bytes, source);
  const file = members.get(ONNX_MEMBER);
  if (file === undefined) {
    return { format: 'layers-model', model: parseModelPackage(bytes, source) };
  }
  const settings = members.get('settings.json');
  if (settings === undefined) {
    throw new InvalidDocumentError(source, [{ path: 'settings.json', message: 'is missing' }]);
  }
  const text = Buffer.from(settings).toString();
  const parsed = parseSettingsJson(text, `${source}, settings.json`);
  return { format: 'onnx', model: { file, settings: parsed } };
}

export interface PackagedModelDescription extends ModelDescription {
  readonly format: ModelFormat;
  readonly settings: ModelSettings;
}

/** @throws {InvalidDocumentError} if an ONNX file cannot be asked as a classifier. */
export function describePackagedModel(packaged: PackagedModel): PackagedModelDescription {
  const { format, model } = packaged;
  const description = format === 'onnx' ? describeOnnx(model) : describeModel(model);
  return { ...description, format, settings: model.settings };
}

/** None where the format does not tell them. */
export function packagedModelLayers({ format, model }: PackagedModel): readonly LayerDescription[] {
  return format === 'layers-model' ? modelLayers(model.modelJson) : [];
}

function readMembers(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  try {
    return readZip(bytes, { maxMembers: 8, maxBytes: MODEL_MAX_BYTES }, 'file');
  } catch (err) {
    const problem = { path: '', message: toLyceumError(err).message };
    throw new InvalidDocumentError(source, [problem]);
  }
}
