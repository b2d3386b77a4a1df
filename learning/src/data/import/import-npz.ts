/**
 * A data set from arrays that a person saved with NumPy, under either set of names:
 *
 * - `inputs`, `labels` and perhaps `splits` (1 train, 2 validation, 3 test); of several modalities `inputs.NAME` each
 * - `x_train`, `y_train`, `x_test`, `y_test`, as Keras hands them out
 *
 * Inputs are [N, D], [N, H, W] or [N, H, W, channels]; bytes stand for shares of 255, floats for themselves.
 * Where no split is given the fixed one is made. A data set's own file (with `meta.json`) is read as it is.
 */
import { InvalidDocumentError, type Problem, toLyceumError } from '@lyceum/proto';
import {
  arrayName,
  type Modality,
  NAMELESS,
  SPLIT_NUMBERS,
  type StoredDatasetParts,
} from '../dataset.js';
import { parseStoredDataset } from '../dataset-file.js';
import { datasetProblems } from '../dataset-problems.js';
import { fixedSplits, TEST_GIVEN_SHARES } from '../fixed-split.js';
import { type NpyArray, readNpy } from '../npy.js';
import { FOREIGN_NPZ_LIMITS } from '../npz.js';
import { readZip } from '../zip.js';

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function importNpz(bytes: Uint8Array, source = 'NPZ file'): StoredDatasetParts {
  const problems: Problem[] = [];
  const arrays = new Map<string, NpyArray>();
  try {
    const members = readZip(bytes, FOREIGN_NPZ_LIMITS, 'file');
    if (members.has('meta.json')) return parseStoredDataset(bytes, undefined, source);
    for (const [name, member] of members) {
      if (name.endsWith('.npy')) arrays.set(name.slice(0, -4), readNpy(member, name));
    }
  } catch (err) {
    if (err instanceof InvalidDocumentError) throw err;
    throw new InvalidDocumentError(source, [{ path: '', message: toLyceumError(err).message }]);
  }
  const named = arrays.has('x_train')
    ? kerasArrays(arrays, problems)
    : plainArrays(arrays, problems);
  if (named === undefined) throw new InvalidDocumentError(source, problems);

  const { modalities, labels, splits } = named;
  const [first] = modalities.values();
  const classCount = Math.max(
    2,
    labels.reduce((greatest, label) => Math.max(greatest, label), 0) + 1,
  );
  const parts: StoredDatasetParts = {
    sampleCount: first?.shape[0] ?? 0,
    classCount,
    classNames: Array.from({ length: classCount }, (_, label) => String(label)),
    labels,
    splits,
    modalities: new Map([...modalities].map(([name, inputs]) => [name, modalityOf(inputs)])),
  };
  problems.push(...datasetProblems(parts));
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return parts;
}

interface Inputs {
  readonly inputs: Uint8Array | Float32Array;
  /** N comes first. */
  readonly shape: readonly number[];
}

interface NamedArrays {
  readonly modalities: ReadonlyMap<string, Inputs>;
  readonly labels: Int32Array;
  readonly splits: Uint8Array;
}

type Arrays = ReadonlyMap<string, NpyArray>;

const INPUTS = 'inputs.';

function modalityOf({ inputs, shape: [, ...sample] }: Inputs): Modality {
  return {
    sampleShape: sample.length === 2 ? [...sample, 1] : sample,
    inputs,
    inputScale: inputs instanceof Uint8Array ? 1 / 255 : 1,
  };
}

function allInputs(arrays: Arrays, problems: Problem[]): Map<string, Inputs> | undefined {
  const named = [...arrays.keys()].filter((name) => name.startsWith(INPUTS)).sort();
  const names = named.map((name) => name.slice(INPUTS.length));
  // The nameless one beside named ones is refused with what else is wrong with the set.
  if (names.length === 0 || arrays.has(arrayName('inputs', NAMELESS))) names.unshift(NAMELESS);
  const found = new Map<string, Inputs>();
  for (const name of names) {
    const inputs = inputsOf(arrays, arrayName('inputs', name), problems);
    if (inputs !== undefined) found.set(name, inputs);
  }
  return found.size === names.length ? found : undefined;
}

function plainArrays(arrays: Arrays, problems: Problem[]): NamedArrays | undefined {
  const modalities = allInputs(arrays, problems);
  const labels = integersOf(arrays, 'labels', problems);
  if (!arrays.has('splits')) {
    if (!modalities || !labels) return undefined;
    return { modalities, labels, splits: fixedSplits('npz', labels) };
  }
  const splits = integersOf(arrays, 'splits', problems);
  if (!modalities || !labels || !splits) return undefined;
  // A number that no byte holds is no split; 0 is none either, and is refused with its sample named.
  return { modalities, labels, splits: Uint8Array.from(splits, (n) => (n >= 1 && n <= 3 ? n : 0)) };
}

function kerasArrays(arrays: Arrays, problems: Problem[]): NamedArrays | undefined {
  const train = inputsOf(arrays, 'x_train', problems);
  const test = inputsOf(arrays, 'x_test', problems);
  const trainLabels = integersOf(arrays, 'y_train', problems);
  const testLabels = integersOf(arrays, 'y_test', problems);
  if (!train || !test || !trainLabels || !testLabels) return undefined;
  if (`${train.shape.slice(1)}` !== `${test.shape.slice(1)}`) {
    const message = `has samples of shape [${test.shape.slice(1)}], x_train [${train.shape.slice(1)}]`;
    problems.push({ path: 'x_test', message });
    return undefined;
  }
  const sameType = train.inputs instanceof Uint8Array === test.inputs instanceof Uint8Array;
  if (!sameType) {
    problems.push({ path: 'x_test', message: 'is of another type than x_train' });
    return undefined;
  }
  const length = train.inputs.length + test.inputs.length;
  const inputs =
    train.inputs instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  inputs.set(train.inputs);
  inputs.set(test.inputs, train.inputs.length);
  const [trainCount = 0] = train.shape;
  const [testCount = 0, ...sample] = test.shape;
  const trainSplits = fixedSplits('npz', trainLabels, TEST_GIVEN_SHARES);
  const testSplits = new Uint8Array(testLabels.length).fill(SPLIT_NUMBERS.test);
  const shape = [trainCount + testCount, ...sample];
  return {
    modalities: new Map([[NAMELESS, { inputs, shape }]]),
    labels: Int32Array.from([...trainLabels, ...testLabels]),
    splits: Uint8Array.from([...trainSplits, ...testSplits]),
  };
}

function inputsOf(arrays: Arrays, name: string, problems: Problem[]): Inputs | undefined {
  const array = arrays.get(name);
  if (array === undefined) {
    problems.push({ path: name, message: 'is missing' });
    return undefined;
  }
  const { data, shape } = array;
  if (data instanceof Uint8Array || data instanceof Float32Array) return { inputs: data, shape };
  if (data instanceof Float64Array) return { inputs: Float32Array.from(data), shape };
  problems.push({
    path: name,
    message: `is of type ${array.dtype}; want uint8, float32 or float64`,
  });
  return undefined;
}

/** [N], or [N, 1] as some sets have it. */
function integersOf(arrays: Arrays, name: string, problems: Problem[]): Int32Array | undefined {
  const array = arrays.get(name);
  if (array === undefined) {
    problems.push({ path: name, message: 'is missing' });
    return undefined;
  }
  const { data, shape } = array;
  if (shape.length > 2 || shape.length < 1 || (shape[1] ?? 1) !== 1) {
    problems.push({ path: name, message: `has shape [${shape}]; want one a sample` });
    return undefined;
  }
  if (data instanceof Float32Array || data instanceof Float64Array) {
    problems.push({ path: name, message: `is of type ${array.dtype}; want whole numbers` });
    return undefined;
  }
  const out = new Int32Array(data.length);
  for (const [index, value] of data.entries()) {
    const number = Number(value);
    if (number !== (number | 0)) {
      problems.push({
        path: name,
        message: `entry ${index} is ${value}, which is no 32-bit number`,
      });
      return undefined;
    }
    out[index] = number;
  }
  return out;
}
