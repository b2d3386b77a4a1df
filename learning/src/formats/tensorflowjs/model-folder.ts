/**
 * Reads a model from disk as TensorFlow.js saves it: `model.json` and the weight files that it names.
 *
 * Quantized weights are expanded here, the one place where they may enter:
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts, WeightsManifestEntry.quantization
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidDocumentError, LyceumError, MODEL_MAX_BYTES, type Problem } from '@lyceum/proto';
import { ENCODING_FILE, type Encoding, parseEncoding } from '../../datasets/encoding/index.js';
import { isObject, readFolderFile, readPlainFile, utf8Text } from '../../files/index.js';
import { agreedClasses, type ModelSettings, userLabels } from '../../models/index.js';
import { describeTopology } from './describe-model.js';
import { kerasProblem, mendedTopology, mendedWeightNames } from './keras/index.js';
import {
  encodeModelPackage,
  MODEL_JSON_MAX_BYTES,
  type ModelPackage,
  modelJsonFormat,
  parseModelJson,
  parseModelPackage,
} from './model-package.js';
import {
  BYTES_OF,
  type RawWeightGroup,
  readWeightGroups,
  readWeightSpec,
  type WeightSpec,
  weightElements,
} from './model-weights.js';
import { tfjsGraphSettings } from './tfjs-graph-package.js';
import { withTwoLogits } from './two-logits.js';

/**
 * @param path - a model's folder, or its `.json` file.
 * @param given - settings. The topology must tell those that are missing.
 * @throws {LyceumError} NOT_FOUND if a file is missing.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export async function readModelFolder(
  path: string,
  given: Partial<ModelSettings> = {},
): Promise<ModelPackage> {
  const isFile = path.endsWith('.json');
  const [file, folder] = isFile ? [path, dirname(path)] : [join(path, 'model.json'), path];
  const written = isFile
    ? readPlainFile(file, MODEL_JSON_MAX_BYTES)
    : readFolderFile(folder, 'model.json', MODEL_JSON_MAX_BYTES);
  const modelJson = asKeras2(parseModelJson(utf8Text(written, file), file));
  const problems: Problem[] = [];
  const unlike = kerasProblem(modelJson['modelTopology']);
  if (unlike !== undefined) problems.push({ path: 'modelTopology', message: unlike });
  const listed = readWeightGroups(modelJson, problems);
  if (listed === undefined) throw new InvalidDocumentError(file, problems);
  const groups = mendedWeightNames(listed, modelJson['modelTopology']);

  const specs: WeightSpec[] = [];
  const parts: Uint8Array[] = [];
  let left = MODEL_MAX_BYTES;
  for (const group of groups) {
    const bytes = readShards(folder, group, left);
    left -= bytes.length;
    readGroup(group, bytes, specs, parts, problems);
  }
  const two = withTwoLogits({ modelJson, specs, parts }, given.output);
  const kept = two ?? { modelJson, specs, parts };
  const said = two === undefined ? given : ({ ...given, output: 'logits' } as const);
  const settings = completed(said, kept.modelJson, file, problems);
  if (settings === undefined || problems.length > 0) throw new InvalidDocumentError(file, problems);

  const weightsManifest = [{ paths: ['weights.bin'], weights: kept.specs }];
  const plain = { ...kept.modelJson, weightsManifest };
  const encoding = readEncoding(folder);
  const model: ModelPackage = {
    modelJson: plain,
    weights: Buffer.concat(kept.parts),
    settings,
    ...(encoding !== undefined && { encoding }),
  };
  return parseModelPackage(encodeModelPackage(model, file), file);
}

/** The topology as Keras 2 writes it; a graph has no layers, and stays as it is. */
function asKeras2(modelJson: Record<string, unknown>): Record<string, unknown> {
  if (modelJsonFormat(modelJson) === 'graph-model') return modelJson;
  return { ...modelJson, modelTopology: mendedTopology(modelJson['modelTopology']) };
}

/** Reads the shards of a group. A shard that is named often is read often, so that all together are bounded. */
function readShards(folder: string, group: RawWeightGroup, maxBytes: number): Buffer {
  const shards: Buffer[] = [];
  let left = maxBytes;
  for (const name of group.paths) {
    const shard = readFolderFile(folder, name, MODEL_MAX_BYTES);
    left -= shard.length;
    if (left < 0) {
      const message = `${folder}: its weight files have more than ${MODEL_MAX_BYTES} bytes, which are the most that are read`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    shards.push(shard);
  }
  return Buffer.concat(shards);
}

/** @returns undefined if there is no encoding. */
function readEncoding(folder: string): Encoding | undefined {
  const path = join(folder, ENCODING_FILE);
  if (!existsSync(path)) return undefined;
  return parseEncoding(
    utf8Text(readFolderFile(folder, ENCODING_FILE, MODEL_MAX_BYTES), path),
    path,
  );
}

/** Said of a model of one number that ends neither in a sigmoid nor in the number that a sigmoid takes. */
const ONE_CLASS =
  'gives one number a sample, and not by a sigmoid; want a number for each class, or {"output": "logits"} in settings.json beside it if the sigmoid of its number is how likely the second of two classes is';

/** The settings with those that the file tells; undefined with all that is wrong added to `problems`. */
function completed(
  settings: Partial<ModelSettings>,
  modelJson: unknown,
  source: string,
  problems: Problem[],
): ModelSettings | undefined {
  if (modelJsonFormat(modelJson) === 'graph-model') {
    return problems.length > 0 ? undefined : tfjsGraphSettings(modelJson, settings, source);
  }
  const { output: told, classCount } = describeTopology(modelJson);
  const output = settings.output ?? told;
  if (classCount === 1) problems.push({ path: 'modelTopology', message: ONE_CLASS });
  const classes = agreedClasses(settings.classes, userLabels(modelJson), classCount, problems);
  if (output !== undefined) return { ...settings, output, ...(classes && { classes }) };
  const message =
    'does not tell whether the model gives logits or probabilities; ' +
    'put {"output": "logits"} or {"output": "probabilities"} in settings.json beside it';
  problems.push({ path: 'modelTopology', message });
  return undefined;
}

/** Adds the group's weights to `specs` and `parts`, expanded, in order. */
function readGroup(
  group: RawWeightGroup,
  bytes: Buffer,
  specs: WeightSpec[],
  parts: Uint8Array[],
  problems: Problem[],
): void {
  let offset = 0;
  for (const raw of group.weights) {
    const spec = readWeightSpec(raw, problems);
    if (spec === undefined) return;
    const decode = decoder(spec, raw['quantization']);
    if (decode === undefined) {
      const message = `has a quantization that cannot be read: ${JSON.stringify(raw['quantization'])}`;
      problems.push({ path: `weight ${spec.name}`, message });
      return;
    }
    const end = offset + weightElements(spec) * decode.bytesPerElement;
    if (end > bytes.length) {
      const message = `ends at byte ${end} of ${group.paths.join(', ')}, which have ${bytes.length}`;
      problems.push({ path: `weight ${spec.name}`, message });
      return;
    }
    parts.push(decode.plain(bytes.subarray(offset, end)));
    specs.push(spec);
    offset = end;
  }
  if (offset !== bytes.length) {
    const message = `${group.paths.join(', ')} have ${bytes.length} bytes, and their weights ${offset}`;
    problems.push({ path: 'weightsManifest', message });
  }
}

interface Decoder {
  readonly bytesPerElement: number;
  plain(bytes: Buffer): Uint8Array;
}

/**
 * Expands a weight: plain ones stay as they are; `value × scale + min` for uint8 and uint16; half floats are widened.
 */
function decoder(spec: WeightSpec, quantization: unknown): Decoder | undefined {
  if (quantization === undefined) {
    return { bytesPerElement: BYTES_OF[spec.dtype], plain: (bytes) => bytes };
  }
  if (!isObject(quantization) || spec.dtype === 'bool') return undefined;
  const { dtype, min, scale } = quantization;
  if (dtype === 'float16' && spec.dtype === 'float32') {
    return { bytesPerElement: 2, plain: (bytes) => eachElement(bytes, 2, spec, halfFloat) };
  }
  if (typeof min !== 'number' || typeof scale !== 'number') return undefined;
  const affine = (value: number) => value * scale + min;
  if (dtype === 'uint8') {
    return { bytesPerElement: 1, plain: (bytes) => eachElement(bytes, 1, spec, affine) };
  }
  if (dtype === 'uint16') {
    return { bytesPerElement: 2, plain: (bytes) => eachElement(bytes, 2, spec, affine) };
  }
  return undefined;
}

function eachElement(
  bytes: Buffer,
  width: 1 | 2,
  spec: WeightSpec,
  value: (stored: number) => number,
): Uint8Array {
  const count = bytes.length / width;
  const out = spec.dtype === 'int32' ? new Int32Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const decoded = value(width === 1 ? (bytes[i] as number) : bytes.readUInt16LE(2 * i));
    out[i] = spec.dtype === 'int32' ? Math.round(decoded) : decoded;
  }
  return new Uint8Array(out.buffer);
}

/** The value of an IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
