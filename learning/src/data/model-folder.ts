/**
 * Reads a model from disk as TensorFlow.js saves it: `model.json` and the weight files that it names.
 *
 * Quantized weights are made plain here, the one place where they may enter:
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts, WeightsManifestEntry.quantization
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import {
  InvalidDocumentError,
  LyceumError,
  MODEL_MAX_BYTES,
  type Problem,
  toLyceumError,
} from '@lyceum/proto';
import { agreedClasses, userLabels } from './class-labels.js';
import { ENCODING_FILE, parseEncoding } from './encoding/encoding.js';
import { tfjsGraphSettings } from './graphs/tfjs-graph-package.js';
import { utf8Text } from './import/utf8.js';
import { mendedTopology, mendedWeightNames } from './keras3-topology.js';
import { describeTopology } from './model-description.js';
import {
  encodeModelPackage,
  type ModelPackage,
  modelJsonFormat,
  parseModelJson,
  parseModelPackage,
} from './model-package.js';
import type { ModelSettings } from './model-settings.js';
import {
  BYTES_OF,
  isObject,
  type RawWeightGroup,
  readWeightGroups,
  readWeightSpec,
  type WeightSpec,
  weightElements,
} from './model-weights.js';

/**
 * @param path - a model's folder, or its `.json` file.
 * @param given - settings. What they leave out the topology must tell.
 * @throws {LyceumError} NOT_FOUND if a file is missing.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export async function readModelFolder(
  path: string,
  given: Partial<ModelSettings> = {},
): Promise<ModelPackage> {
  const file = path.endsWith('.json') ? path : join(path, 'model.json');
  const folder = dirname(file);
  const modelJson = asKeras2(parseModelJson((await readModelFile(file)).toString(), file));
  const problems: Problem[] = [];
  const written = readWeightGroups(modelJson, problems);
  if (written === undefined) throw new InvalidDocumentError(file, problems);
  const groups = mendedWeightNames(written, modelJson['modelTopology']);

  const specs: WeightSpec[] = [];
  const parts: Uint8Array[] = [];
  for (const group of groups) {
    const bytes = await readShards(folder, group);
    readGroup(group, bytes, specs, parts, problems);
  }
  const settings = completed(given, modelJson, file, problems);
  if (settings === undefined || problems.length > 0) throw new InvalidDocumentError(file, problems);

  const weightsManifest = [{ paths: ['weights.bin'], weights: specs }];
  const plain = { ...modelJson, weightsManifest };
  const encoding = await readBeside(folder, ENCODING_FILE, parseEncoding);
  const model: ModelPackage = {
    modelJson: plain,
    weights: Buffer.concat(parts),
    settings,
    ...(encoding !== undefined && { encoding }),
  };
  return parseModelPackage(encodeModelPackage(model, file), file);
}

/** A graph has no layers, and is as it is. */
function asKeras2(modelJson: Record<string, unknown>): Record<string, unknown> {
  if (modelJsonFormat(modelJson) === 'graph-model') return modelJson;
  return { ...modelJson, modelTopology: mendedTopology(modelJson['modelTopology']) };
}

async function readShards(folder: string, group: RawWeightGroup): Promise<Buffer> {
  const shards: Buffer[] = [];
  for (const name of group.paths) {
    const shard = resolve(folder, name);
    if (!shard.startsWith(resolve(folder) + sep)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `weight file ${name} lies outside the model's folder`,
      );
    }
    shards.push(await readModelFile(shard));
  }
  return Buffer.concat(shards);
}

async function readModelFile(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new LyceumError('NOT_FOUND', `${path}: no such file`);
  if (found.size > MODEL_MAX_BYTES) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${path}: has ${found.size} bytes; at most ${MODEL_MAX_BYTES} are read`,
    );
  }
  return readFile(path);
}

/** @returns undefined if there is no such file. */
async function readBeside<T>(
  folder: string,
  name: string,
  parse: (text: string, source: string) => T,
): Promise<T | undefined> {
  const path = join(folder, name);
  const bytes = await readFile(path).catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') return undefined;
    throw toLyceumError(err);
  });
  return bytes === undefined ? undefined : parse(utf8Text(bytes, path), path);
}

/** The settings with what the file tells; undefined with what is wrong added to `problems`. */
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
  const classes = agreedClasses(settings.classes, userLabels(modelJson), classCount, problems);
  if (output !== undefined) return { ...settings, output, ...(classes && { classes }) };
  const message =
    'does not tell whether the model gives logits or probabilities; ' +
    'put {"output": "logits"} or {"output": "probabilities"} in settings.json beside it';
  problems.push({ path: 'modelTopology', message });
  return undefined;
}

/** Adds the group's weights to `specs` and `parts`, plain, in order. */
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

/** Plain weights as they are; `value × scale + min` for uint8 and uint16; half floats widened. */
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
