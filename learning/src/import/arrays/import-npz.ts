/**
 * A data set from arrays that a person saved with NumPy; npz-layout.ts says under which names.
 *
 * Inputs are [N, D], [N, H, W] or [N, H, W, channels]; a byte means byte / 255, a float means itself. If no split is
 * given, the fixed split is drawn. A data set's own file (with `meta.json`) is read as it is.
 */
import { InvalidDocumentError, LyceumError, type Problem, toLyceumError } from '@lyceum/proto';
import {
  datasetProblems,
  type Modality,
  NAMELESS,
  parseStoredDataset,
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  type StoredDatasetParts,
  splitNamed,
} from '../../datasets/index.js';
import {
  arrayMembers,
  FOREIGN_NPZ_LIMITS,
  type ForeignArray,
  readForeignNpy,
  readForeignTexts,
  readZip,
  shownName,
} from '../../files/index.js';
import { chosenSplits } from '../samples/index.js';
import { ArrayLabels } from './array-labels.js';
import { type ArrayOptions, AS_IN_SOURCE, type ImportedArrays } from './imported-arrays.js';
import { npzLayout, type PartsLayout, type WholeLayout } from './npz-layout.js';

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function importNpz(
  bytes: Uint8Array,
  { classes, split }: ArrayOptions = {},
  source = 'NPZ file',
): ImportedArrays {
  const problems: Problem[] = [];
  const members = readMembers(bytes, source);
  if (members.has('meta.json')) {
    for (const [name, option] of Object.entries({ classes, split })) {
      if (option === undefined) continue;
      const message = `is a set as \`datasets\` keeps it, which has its ${name} already`;
      throw new InvalidDocumentError(source, [{ path: `--${name}`, message }]);
    }
    const parts = parseStoredDataset(bytes, undefined, source);
    return { parts, classOrder: AS_IN_SOURCE, splitSource: AS_IN_SOURCE };
  }
  const written = arrayMembers(members);
  if (written.size === 0) {
    const held = [...members.keys()].slice(0, MEMBERS_SHOWN).map(shownName).join(', ') || 'nothing';
    const message = `is a zip without arrays; it holds ${held}. Unpack it, and want what was in it`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  const layout = npzLayout([...written.keys()], problems);
  const kinds = new ArrayLabels(classes);
  const arrays = new ArrayReader(written, problems, kinds);
  const named = layout?.kind === 'whole' ? wholeArrays(arrays, layout) : partArrays(arrays, layout);
  if (named === undefined) throw new InvalidDocumentError(source, problems);

  const { modalities, givenSplits } = named;
  const { classOrder, ...classed } = kinds.classes(named.labels);
  const { splits, source: splitSource } =
    layout?.kind === 'whole' && givenSplits !== undefined && split === undefined
      ? { splits: Uint8Array.from(givenSplits), source: AS_IN_SOURCE }
      : chosenSplits(
          'npz',
          split,
          classed.labels,
          givenSplits ?? new Int32Array(classed.labels.length),
        );
  const [first] = modalities.values();
  const parts: StoredDatasetParts = {
    sampleCount: first?.shape[0] ?? 0,
    ...classed,
    splits,
    modalities: new Map([...modalities].map(([name, inputs]) => [name, modalityOf(inputs)])),
  };
  problems.push(...datasetProblems(parts));
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return { parts, classOrder, splitSource };
}

/** How many names of members a message shows. */
const MEMBERS_SHOWN = 5;
const SPLIT_CODES = 'whole numbers: 1 train, 2 validation, 3 test; or these names as texts';

function readMembers(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  try {
    return readZip(bytes, FOREIGN_NPZ_LIMITS, 'file');
  } catch (err) {
    throw new InvalidDocumentError(source, [{ path: '', message: toLyceumError(err).message }]);
  }
}

interface Inputs {
  readonly inputs: Uint8Array | Float32Array;
  /** The first size is N. */
  readonly shape: readonly number[];
}

interface NamedArrays {
  readonly modalities: ReadonlyMap<string, Inputs>;
  readonly labels: Int32Array;
  /** Numbers of splits; 0: none. Undefined: the source's arrays name no splits. */
  readonly givenSplits: Int32Array | undefined;
}

function modalityOf({ inputs, shape: [, ...sample] }: Inputs): Modality {
  return {
    sampleShape: sample.length === 2 ? [...sample, 1] : sample,
    inputs,
    inputScale: inputs instanceof Uint8Array ? 1 / 255 : 1,
  };
}

function wholeArrays(arrays: ArrayReader, layout: WholeLayout): NamedArrays | undefined {
  const modalities = new Map<string, Inputs>();
  for (const name of layout.inputs) {
    const inputs = arrays.inputs(name);
    const modality = name.startsWith(MODALITY) ? name.slice(MODALITY.length) : NAMELESS;
    if (inputs !== undefined) modalities.set(modality, inputs);
  }
  const labels = arrays.labels(layout.labels);
  const givenSplits = layout.splits === undefined ? undefined : arrays.splits(layout.splits);
  if (modalities.size < layout.inputs.length || labels === undefined) return undefined;
  if (layout.splits !== undefined && givenSplits === undefined) return undefined;
  return { modalities, labels, givenSplits };
}

const MODALITY = 'inputs.';

function partArrays(arrays: ArrayReader, layout: PartsLayout | undefined): NamedArrays | undefined {
  const parts = (layout?.parts ?? []).flatMap(({ split, inputs, labels }) => {
    const [own, ownLabels] = [arrays.inputs(inputs), arrays.labels(labels)];
    if (own === undefined || ownLabels === undefined) return [];
    arrays.requireCount(labels, ownLabels.length, inputs, own.shape[0] ?? 0);
    return [{ name: inputs, split, ...own, labels: ownLabels }];
  });
  const [train] = parts;
  if (train === undefined || parts.length < (layout?.parts.length ?? 0)) return undefined;
  for (const part of parts) arrays.requireAlike(part, train);
  if (arrays.problems.length > 0) return undefined;
  const length = parts.reduce((sum, { inputs }) => sum + inputs.length, 0);
  const inputs =
    train.inputs instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    inputs.set(part.inputs, at);
    at += part.inputs.length;
  }
  const labels = Int32Array.from(parts.flatMap((part) => [...part.labels]));
  const given = parts.flatMap((part) => Array.from(part.labels, () => SPLIT_NUMBERS[part.split]));
  const shape = [labels.length, ...train.shape.slice(1)];
  return {
    modalities: new Map([[NAMELESS, { inputs, shape }]]),
    labels,
    givenSplits: Int32Array.from(given),
  };
}

/** @throws {LyceumError} INVALID_ARGUMENT if a text is no split's name. */
function splitNumbers(texts: Iterable<string>): Int32Array {
  return Int32Array.from(texts, (text, n) => {
    const split = splitNamed(text);
    if (split !== undefined) return SPLIT_NUMBERS[split];
    const message = `entry ${n} is ${shownName(text)}; want ${SPLIT_NAMES.join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  });
}

/** Reads arrays by name. What is wrong with an array becomes a problem. */
class ArrayReader {
  readonly #written: ReadonlyMap<string, Uint8Array>;
  readonly problems: Problem[];
  readonly #labels: ArrayLabels;

  constructor(written: ReadonlyMap<string, Uint8Array>, problems: Problem[], labels: ArrayLabels) {
    this.#written = written;
    this.problems = problems;
    this.#labels = labels;
  }

  inputs(name: string): Inputs | undefined {
    const array = this.#read(name);
    if (array === undefined) return undefined;
    const { data, shape, written, isTruth } = array;
    if (isTruth) return { inputs: Float32Array.from(data as Int32Array), shape };
    if (data instanceof Uint8Array || data instanceof Float32Array) return { inputs: data, shape };
    if (data instanceof Float64Array) return { inputs: Float32Array.from(data), shape };
    const want = `want uint8 for pixels, or floats for numbers as they are: ${name}.astype('float32')`;
    return this.#wrong(name, `is of type ${written}; ${want}`);
  }

  /** Labels as numbers of classes, from numbers or names. */
  labels(name: string): Int32Array | undefined {
    return this.#column(
      name,
      (texts) => this.#labels.fromNames(texts),
      () => {
        const numbers = this.#integers(name);
        return numbers && this.#labels.fromNumbers(numbers);
      },
    );
  }

  /** Split numbers, from numbers or names. 0: no split; samples of such a split are refused later, by their index. */
  splits(name: string): Int32Array | undefined {
    return this.#column(name, splitNumbers, () =>
      this.#integers(name, SPLIT_CODES)?.map((n) => (n >= 1 && n <= 3 ? n : 0)),
    );
  }

  #column(
    name: string,
    fromTexts: (texts: Iterable<string>) => Int32Array,
    fromNumbers: () => Int32Array | undefined,
  ): Int32Array | undefined {
    try {
      const array = readForeignTexts(this.#bytes(name), 'array');
      if (array === undefined) return fromNumbers();
      return this.#requireColumn(name, array.shape) && fromTexts(array.texts);
    } catch (err) {
      return this.#wrong(name, toLyceumError(err).message);
    }
  }

  /** Whole numbers of shape [N], or [N, 1], which some sets have. */
  #integers(name: string, want?: string): Int32Array | undefined {
    const wanted = want ?? 'whole numbers';
    const orTexts = want ?? `whole numbers, or names as texts: ${name}.astype('str')`;
    const array = this.#read(name, `; want ${orTexts}`);
    if (array === undefined) return undefined;
    const { data, shape, written } = array;
    if (this.#requireColumn(name, shape) === undefined) return undefined;
    // Labels that come from a table are often whole numbers stored as floats.
    const areFloats = data instanceof Float32Array || data instanceof Float64Array;
    if (areFloats && (want !== undefined || !data.every((value) => Number.isInteger(value)))) {
      return this.#wrong(name, `is of type ${written}; want ${wanted}`);
    }
    const out = new Int32Array(data.length);
    for (const [index, value] of data.entries()) {
      const number = Number(value);
      if (number !== (number | 0)) {
        return this.#wrong(name, `entry ${index} is ${value}, which is no 32-bit number`);
      }
      out[index] = number;
    }
    return out;
  }

  requireCount(labels: string, labelCount: number, inputs: string, sampleCount: number): void {
    if (labelCount === sampleCount) return;
    this.#wrong(labels, `has ${labelCount} entries, and ${inputs} has ${sampleCount} samples`);
  }

  requireAlike(part: Inputs & { name: string }, train: Inputs & { name: string }): void {
    const [own, first] = [part.shape.slice(1), train.shape.slice(1)];
    if (`${own}` !== `${first}`) {
      this.#wrong(part.name, `has samples of shape [${own}], ${train.name} [${first}]`);
    }
    if (part.inputs.constructor !== train.inputs.constructor) {
      this.#wrong(part.name, `is of another type than ${train.name}`);
    }
  }

  #requireColumn(name: string, shape: readonly number[]): true | undefined {
    if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) return true;
    const message = `has shape [${shape}]; want one a sample, as argmax(1) makes of one-hot rows`;
    return this.#wrong(name, message);
  }

  #bytes(name: string): Uint8Array {
    return this.#written.get(name) as Uint8Array;
  }

  #read(name: string, want = ''): ForeignArray | undefined {
    try {
      return readForeignNpy(this.#bytes(name), 'array');
    } catch (err) {
      return this.#wrong(name, `${toLyceumError(err).message}${want}`);
    }
  }

  #wrong(path: string, message: string): undefined {
    this.problems.push({ path, message });
  }
}
