/**
 * A data set's file: an NPZ of `inputs`, `labels`, `splits` and `meta.json`, so that NumPy reads it as it is.
 *
 * | member | type | shape |
 * | --- | --- | --- |
 * | `inputs.npy` | uint8 or float32 | [N, H, W, channels] or [N, D] |
 * | `labels.npy` | int32 | [N] |
 * | `splits.npy` | uint8 | [N] |
 * | `meta.json` | format, classCount, classNames, inputScale, perhaps encoding | |
 * | `texts.npy` | uint8, of a set that was made of texts: their UTF-8, one after the other | [bytes] |
 * | `textEnds.npy` | uint32, where each text ends | [N] |
 *
 * Equal content has equal bytes, so equal digests.
 */
import {
  DATASET_MAX_BYTES,
  InvalidDocumentError,
  LyceumError,
  type Problem,
  sha256Hex,
  toLyceumError,
} from '@lyceum/proto';
import {
  type Dataset,
  type DatasetOutline,
  type DatasetParts,
  datasetProblems,
} from './dataset.js';
import { readEncoding } from './encoding/encoding.js';
import { type NpyArray, readNpy } from './npy.js';
import { writeNpz } from './npz.js';
import type { SampleTexts } from './sample-texts.js';
import { readZip, type ZipLimits } from './zip.js';

const FORMAT = 'lyceum.dev/dataset/v1';
const LIMITS: ZipLimits = { maxMembers: 16, maxBytes: DATASET_MAX_BYTES };

/** @throws {InvalidDocumentError} if the parts are no data set. */
export function encodeDataset(parts: DatasetParts): Buffer {
  const problems = datasetProblems(parts);
  if (problems.length > 0) throw new InvalidDocumentError('data set', problems);
  const { sampleCount, inputs, texts } = parts;
  const inputsArray: NpyArray = {
    dtype: inputs instanceof Uint8Array ? 'uint8' : 'float32',
    shape: [sampleCount, ...parts.sampleShape],
    data: inputs,
  };
  return writeNpz(
    [
      ['inputs', inputsArray],
      ['labels', { dtype: 'int32', shape: [sampleCount], data: parts.labels }],
      ['splits', { dtype: 'uint8', shape: [sampleCount], data: parts.splits }],
      ...(texts === undefined ? [] : textArrays(texts)),
    ],
    [['meta.json', datasetMeta(parts)]],
  );
}

function textArrays({ bytes, ends }: SampleTexts): [string, NpyArray][] {
  return [
    ['texts', { dtype: 'uint8', shape: [bytes.length], data: bytes }],
    ['textEnds', { dtype: 'uint32', shape: [ends.length], data: ends }],
  ];
}

/** The text of `meta.json`. */
export function datasetMeta(outline: Omit<DatasetOutline, 'labels' | 'splits'>): string {
  const { classCount, classNames, inputScale, encoding } = outline;
  return JSON.stringify({ format: FORMAT, classCount, classNames, inputScale, encoding });
}

/**
 * Reads a data set's file and checks all of it.
 *
 * @param expectedDigest - SHA-256, hex, that the bytes must have.
 * @throws {LyceumError} FAILED_PRECONDITION if the digest is another.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function parseDataset(
  bytes: Uint8Array,
  expectedDigest?: string,
  source = 'data set',
): Dataset {
  const digest = sha256Hex(bytes);
  if (expectedDigest !== undefined && digest !== expectedDigest) {
    const message = `${source}: want SHA-256 ${expectedDigest}, got ${digest}; the file is damaged or another`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const members = readMembers(bytes, source);
  const problems: Problem[] = [];
  const array = (name: string, types: readonly NpyArray['dtype'][]): NpyArray | undefined => {
    try {
      const member = members.get(`${name}.npy`);
      if (member === undefined) throw new LyceumError('INVALID_ARGUMENT', 'is missing');
      const found = readNpy(member, 'array');
      if (types.includes(found.dtype)) return found;
      const message = `is of type ${found.dtype}; want ${types.join(' or ')}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    } catch (err) {
      problems.push({ path: name, message: toLyceumError(err).message });
      return undefined;
    }
  };
  const inputs = array('inputs', ['uint8', 'float32']);
  const labels = array('labels', ['int32']);
  const splits = array('splits', ['uint8']);
  const meta = readMeta(members.get('meta.json'), problems);
  const hasTexts = members.has('texts.npy') || members.has('textEnds.npy');
  const texts = hasTexts ? array('texts', ['uint8']) : undefined;
  const textEnds = hasTexts ? array('textEnds', ['uint32']) : undefined;
  if (!inputs || !labels || !splits || !meta || problems.length > 0) {
    throw new InvalidDocumentError(source, problems);
  }
  const [sampleCount = 0, ...sampleShape] = inputs.shape;
  const dataset: Dataset = {
    digest,
    sampleShape,
    sampleCount,
    inputs: inputs.data as Uint8Array | Float32Array,
    labels: labels.data as Int32Array,
    splits: splits.data as Uint8Array,
    ...meta,
    ...(texts &&
      textEnds && {
        texts: { bytes: texts.data as Uint8Array, ends: textEnds.data as Uint32Array },
      }),
  };
  problems.push(...datasetProblems(dataset));
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return dataset;
}

function readMembers(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  try {
    return readZip(bytes, LIMITS, 'file');
  } catch (err) {
    const problem = { path: '', message: toLyceumError(err).message };
    throw new InvalidDocumentError(source, [problem]);
  }
}

type Meta = Pick<Dataset, 'classCount' | 'classNames' | 'inputScale' | 'encoding'>;

function readMeta(bytes: Uint8Array | undefined, problems: Problem[]): Meta | undefined {
  const wrong = (message: string) => {
    problems.push({ path: 'meta.json', message });
    return undefined;
  };
  if (bytes === undefined) return wrong('is missing');
  let meta: unknown;
  try {
    meta = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return wrong('is not JSON');
  }
  if (typeof meta !== 'object' || meta === null) return wrong('is no object');
  const { format, classCount, classNames, inputScale, ...others } = meta as Record<string, unknown>;
  if (format !== FORMAT) return wrong(`has format ${JSON.stringify(format)}; want "${FORMAT}"`);
  if (typeof classCount !== 'number') return wrong('classCount must be a number');
  if (typeof inputScale !== 'number') return wrong('inputScale must be a number');
  if (!Array.isArray(classNames) || !classNames.every((name) => typeof name === 'string')) {
    return wrong('classNames must be a list of texts');
  }
  const read = { classCount, classNames, inputScale };
  if (others['encoding'] === undefined) return read;
  const encoding = readEncoding(others['encoding'], 'meta.json.encoding', problems);
  return encoding && { ...read, encoding };
}
