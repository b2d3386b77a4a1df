/** A model's package of any format: told apart by its members, described the same way. */
import { InvalidDocumentError, MODEL_MAX_BYTES, toLyceumError } from '@lyceum/proto';
import { readZip, type ZipLimits } from '../files/index.js';
import { type ModelDescription, type ModelSettings, parseSettingsJson } from '../models/index.js';
import { type LayerDescription, modelLayers } from '../models/layers/index.js';
import {
  describeEndpoint,
  ENDPOINT_MEMBER,
  type EndpointPackage,
  parseEndpointPackage,
} from './endpoint/index.js';
import { describeOnnx, ONNX_MEMBER, type OnnxPackage, requireRunnableOnnx } from './onnx/index.js';
import {
  describeRecorded,
  parseRecordedPackage,
  RECORDED_MEMBER,
  type RecordedPackage,
} from './recorded/index.js';
import {
  describeRemote,
  parseRemotePackage,
  REMOTE_MEMBER,
  type RemotePackage,
} from './remote/index.js';
import {
  describeSavedModel,
  SAVED_MODEL_MEMBER,
  type SavedModelPackage,
  savedModelPackageOf,
} from './saved-model/index.js';
import {
  describeModel,
  describeTfjsGraph,
  type ModelPackage,
  modelJsonFormat,
  parseModelPackage,
} from './tensorflowjs/index.js';

export type PackagedModel =
  | { readonly format: 'layers-model' | 'graph-model'; readonly model: ModelPackage }
  | { readonly format: 'onnx'; readonly model: OnnxPackage }
  | { readonly format: 'saved-model'; readonly model: SavedModelPackage }
  | { readonly format: 'endpoint'; readonly model: EndpointPackage }
  | { readonly format: 'recorded'; readonly model: RecordedPackage }
  | { readonly format: 'open-inference'; readonly model: RemotePackage };

export const MODEL_FORMATS = [
  'layers-model',
  'graph-model',
  'onnx',
  'saved-model',
  'endpoint',
  'recorded',
  'open-inference',
] as const satisfies readonly ModelFormat[];
export type ModelFormat = PackagedModel['format'];

/** What runs models of a format: part of a teacher's identity, since another engine gives other bits. */
export const ENGINE_OF = {
  'layers-model': 'tfjs-layers',
  'graph-model': 'tfjs-graph',
  onnx: 'onnxruntime',
  'saved-model': 'tensorflow',
  endpoint: 'http',
  recorded: 'recorded',
  'open-inference': 'open-inference',
} as const satisfies Readonly<Record<ModelFormat, string>>;

/** Engines that ask somebody else, who may answer the same question otherwise. */
const REMOTE_ENGINES: readonly string[] = [ENGINE_OF.endpoint, ENGINE_OF['open-inference']];

/** Whether a teacher's engine computes elsewhere: it costs this machine no computing, and its answers may move. */
export function isRemoteEngine(engine: string): boolean {
  return REMOTE_ENGINES.includes(engine);
}

/** A SavedModel has some shards and files of its own. */
const LIMITS: ZipLimits = { maxMembers: 64, maxBytes: MODEL_MAX_BYTES, compression: 'refused' };

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function parsePackagedModel(bytes: Uint8Array, source = 'model package'): PackagedModel {
  const members = readMembers(bytes, source);
  if (members.has(ENDPOINT_MEMBER)) {
    return { format: 'endpoint', model: parseEndpointPackage(members, source) };
  }
  if (members.has(REMOTE_MEMBER)) {
    return { format: 'open-inference', model: parseRemotePackage(members, source) };
  }
  if (members.has(RECORDED_MEMBER)) {
    return { format: 'recorded', model: parseRecordedPackage(members, source) };
  }
  const file = members.get(ONNX_MEMBER);
  if (file === undefined && !members.has(SAVED_MODEL_MEMBER)) {
    const model = parseModelPackage(bytes, source);
    return { format: modelJsonFormat(model.modelJson), model };
  }
  const written = members.get('settings.json');
  if (written === undefined) {
    throw new InvalidDocumentError(source, [{ path: 'settings.json', message: 'is missing' }]);
  }
  const text = Buffer.from(written).toString();
  const settings = parseSettingsJson(text, `${source}, settings.json`);
  if (file !== undefined) {
    requireRunnableOnnx(file, source);
    return { format: 'onnx', model: { file, settings } };
  }
  members.delete('settings.json');
  return { format: 'saved-model', model: savedModelPackageOf(members, settings, source) };
}

export interface PackagedModelDescription extends ModelDescription {
  readonly format: ModelFormat;
  readonly settings: ModelSettings;
}

/** @throws {InvalidDocumentError} if a graph cannot be asked as a classifier. */
export function describePackagedModel(packaged: PackagedModel): PackagedModelDescription {
  const { format, model } = packaged;
  return { ...describeFormat(packaged), format, settings: model.settings };
}

function describeFormat({ format, model }: PackagedModel): ModelDescription {
  switch (format) {
    case 'layers-model':
      return describeModel(model);
    case 'graph-model':
      return describeTfjsGraph(model);
    case 'onnx':
      return describeOnnx(model);
    case 'saved-model':
      return describeSavedModel(model);
    case 'endpoint':
      return describeEndpoint(model);
    case 'recorded':
      return describeRecorded(model);
    case 'open-inference':
      return describeRemote(model);
  }
}

/** The same package, asked by other settings. */
export function withSettings(packaged: PackagedModel, settings: ModelSettings): PackagedModel {
  return { ...packaged, model: { ...packaged.model, settings } } as PackagedModel;
}

/** None where the format does not tell them. */
export function packagedModelLayers({ format, model }: PackagedModel): readonly LayerDescription[] {
  return format === 'layers-model' ? modelLayers(model.modelJson) : [];
}

function readMembers(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  try {
    return readZip(bytes, LIMITS, 'file');
  } catch (err) {
    const problem = { path: '', message: toLyceumError(err).message };
    throw new InvalidDocumentError(source, [problem]);
  }
}
