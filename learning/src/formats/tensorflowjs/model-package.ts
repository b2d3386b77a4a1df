/**
 * A model as one file: a zip of `model.json` (topology and manifest as TensorFlow.js writes them), `weights.bin`,
 * `settings.json`, and `encoding.json` of a student that was trained on encoded texts or rows. Equal content has equal
 * bytes, so equal digests.
 *
 * A package that {@link parseModelPackage} has passed has plain weights that fill its manifest; weights of layers are
 * finite.
 */
import { InvalidDocumentError, type Problem, toLyceumError } from '@lyceum/proto';
import {
  ENCODING_FILE,
  type Encoding,
  encodingJson,
  parseEncoding,
} from '../../datasets/encoding/index.js';
import { bareName, isObject, writeZip } from '../../files/index.js';
import {
  type ModelSettings,
  type PackageMembers,
  packageMembers,
  parseSettingsJson,
  settingsJson,
} from '../../models/index.js';
import { graphModelProblems, isTooDeep, layersModelProblems } from './model-json-check.js';
import { readWeightGroups, readWeightSpec, type WeightSpec, weightBytes } from './model-weights.js';

export interface ModelPackage {
  /** `{ format, modelTopology, weightsManifest }`, and for a graph its `signature`. */
  readonly modelJson: unknown;
  /** All weights in the manifest's order. */
  readonly weights: Uint8Array;
  readonly settings: ModelSettings;
  /** The encoding of the texts or rows that the model was trained on. */
  readonly encoding?: Encoding;
}

/**
 * The largest `model.json`: topology and manifest, without the weights. That of the largest published models has some
 * ten MB.
 */
export const MODEL_JSON_MAX_BYTES = 64 * 1024 ** 2;

const WEIGHTS_FILE = 'weights.bin';

/** @throws {InvalidDocumentError} if the model cannot be used; see {@link parseModelPackage}. */
export function encodeModelPackage(model: ModelPackage, source = 'model'): Buffer {
  const problems: Problem[] = [];
  const specs = checkModel(model, problems);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  const modelJson = plainModelJson(model.modelJson as Record<string, unknown>, specs);
  return writeZip(
    new Map<string, Uint8Array>([
      ['model.json', Buffer.from(JSON.stringify(modelJson))],
      [WEIGHTS_FILE, model.weights],
      ['settings.json', Buffer.from(settingsJson(model.settings))],
      ...encodingMember(model.encoding),
    ]),
  );
}

function encodingMember(encoding: Encoding | undefined): [string, Uint8Array][] {
  return encoding === undefined ? [] : [[ENCODING_FILE, Buffer.from(encodingJson(encoding))]];
}

/**
 * Reads a package and checks all that can be checked without building the model.
 *
 * @throws {InvalidDocumentError} naming all that is wrong: members, manifest, weights that are not finite.
 */
export function parseModelPackage(bytes: Uint8Array, source = 'model package'): ModelPackage {
  return parseModelMembers(packageMembers(bytes, source), source);
}

/** @throws {InvalidDocumentError} as {@link parseModelPackage}. */
export function parseModelMembers(members: PackageMembers, source: string): ModelPackage {
  const problems: Problem[] = [];
  const [modelText, weights, settingsText] = ['model.json', WEIGHTS_FILE, 'settings.json'].map(
    (name) => {
      const member = members.get(name);
      if (member === undefined) problems.push({ path: name, message: 'is missing' });
      return member;
    },
  );
  if (!modelText || !weights || !settingsText) throw new InvalidDocumentError(source, problems);

  if (modelText.length > MODEL_JSON_MAX_BYTES) {
    const message = `has ${modelText.length} bytes; at most ${MODEL_JSON_MAX_BYTES} are read`;
    throw new InvalidDocumentError(source, [{ path: 'model.json', message }]);
  }
  const modelJson = parseModelJson(Buffer.from(modelText).toString(), `${source}, model.json`);
  const settings = parseSettingsJson(
    Buffer.from(settingsText).toString(),
    `${source}, settings.json`,
  );
  const encoding = members.get(ENCODING_FILE);
  const model: ModelPackage = {
    modelJson,
    weights,
    settings,
    ...(encoding !== undefined && {
      encoding: parseEncoding(Buffer.from(encoding).toString(), `${source}, ${ENCODING_FILE}`),
    }),
  };
  checkModel(model, problems);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return model;
}

export type ModelJsonFormat = 'layers-model' | 'graph-model';

/**
 * The format of a `model.json` that {@link parseModelJson} has passed. Old converters wrote none; then a graph is known
 * by its nodes.
 */
export function modelJsonFormat(modelJson: unknown): ModelJsonFormat {
  const { format, modelTopology } = isObject(modelJson) ? modelJson : {};
  const hasNodes = isObject(modelTopology) && Array.isArray(modelTopology['node']);
  return format === 'graph-model' || (format === undefined && hasNodes)
    ? 'graph-model'
    : 'layers-model';
}

/** The parts of a `model.json` that a package keeps: equal models have equal bytes. */
function plainModelJson(
  modelJson: Record<string, unknown>,
  weights: readonly WeightSpec[],
): Record<string, unknown> {
  const { modelTopology, signature, userDefinedMetadata } = modelJson;
  // Older converters put the signature there.
  const older = isObject(userDefinedMetadata) ? userDefinedMetadata['signature'] : undefined;
  const kept = signature ?? older;
  const format = modelJsonFormat(modelJson);
  return {
    format,
    modelTopology,
    ...(format === 'graph-model' && kept !== undefined && { signature: kept }),
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights }],
  };
}

/** @throws {InvalidDocumentError} if it is not JSON, or no usable model of TensorFlow.js. */
export function parseModelJson(text: string, source: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (err) {
    const message = `is not JSON: ${bareName(toLyceumError(err).message)}`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  if (isTooDeep(document)) {
    const message = 'has objects in objects, deeper than any model';
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  if (!isObject(document) || !isObject(document['modelTopology'])) {
    const message = 'is no TensorFlow.js model: it has no modelTopology';
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  const { format, modelInitializer } = document;
  if (format !== undefined && format !== 'layers-model' && format !== 'graph-model') {
    const message = `is ${JSON.stringify(format)}; want "layers-model" or "graph-model"`;
    throw new InvalidDocumentError(source, [{ path: 'format', message }]);
  }
  if (isObject(modelInitializer) && Object.keys(modelInitializer).length > 0) {
    const message =
      'fills tables before the model runs; export the model without what looks words up, so that it takes numbers';
    throw new InvalidDocumentError(source, [{ path: 'modelInitializer', message }]);
  }
  return document;
}

/** The weights of a checked package's manifest, in order. */
export function packageWeightSpecs(model: ModelPackage): readonly WeightSpec[] {
  const groups = readWeightGroups(model.modelJson, []) ?? [];
  return groups.flatMap((group) => group.weights.flatMap((raw) => readWeightSpec(raw, []) ?? []));
}

function checkModel(model: ModelPackage, problems: Problem[]): WeightSpec[] {
  const isGraph = modelJsonFormat(model.modelJson) === 'graph-model';
  const check = isGraph ? graphModelProblems : layersModelProblems;
  problems.push(...check(model.modelJson));
  const groups = readWeightGroups(model.modelJson, problems);
  if (groups === undefined) return [];
  const specs: WeightSpec[] = [];
  const names = new Set<string>();
  for (const raw of groups.flatMap((group) => group.weights)) {
    const spec = readWeightSpec(raw, problems);
    if (spec === undefined) continue;
    if (names.has(spec.name)) {
      problems.push({ path: `weight ${spec.name}`, message: 'is there twice' });
    }
    names.add(spec.name);
    if (raw['quantization'] !== undefined) {
      const message =
        'is quantized; a package holds plain weights (push the model from its folder)';
      problems.push({ path: `weight ${spec.name}`, message });
    }
    specs.push(spec);
  }
  if (problems.length > 0) return specs;
  const want = specs.reduce((total, spec) => total + weightBytes(spec), 0);
  if (want !== model.weights.length) {
    const message = `has ${model.weights.length} bytes, and the manifest's weights have ${want}`;
    problems.push({ path: WEIGHTS_FILE, message });
    return specs;
  }
  // A graph's constants may be infinite, as masks are.
  if (isGraph) return specs;
  let offset = 0;
  for (const spec of specs) {
    if (spec.dtype === 'float32') checkFinite(model.weights, offset, spec, problems);
    offset += weightBytes(spec);
  }
  return specs;
}

function checkFinite(
  bytes: Uint8Array,
  offset: number,
  spec: WeightSpec,
  problems: Problem[],
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, weightBytes(spec));
  for (let i = 0; i < view.byteLength; i += 4) {
    const value = view.getFloat32(i, true);
    if (Number.isFinite(value)) continue;
    problems.push({ path: `weight ${spec.name}`, message: `holds ${value} at element ${i / 4}` });
    return;
  }
}
