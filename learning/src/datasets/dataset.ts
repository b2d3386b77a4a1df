/**
 * A data set in memory: samples, their labels and their splits, and what models see of each sample, its *modalities*:
 * pixels, sound, a table's columns. Most sets have one.
 *
 * Holds throughout: every array has N entries, every label is −1 or a class, every sample is in exactly one split and
 * has every modality. `datasetProblems` is that rule; nothing else makes a data set.
 *
 * Symbols: N samples, C classes, H × W pixels of `channels` values, D values of a flat sample.
 */
import { LyceumError, ownEntry } from '@lyceum/proto';
import { describeEncoding, type Encoding } from './encoding/index.js';
import type { SampleTexts } from './sample-texts.js';
import { describeShards, HeldSamples, type ShardIndex } from './shards/index.js';
import type { TableCells, TableColumn } from './table-cells.js';

export type SplitName = 'train' | 'validation' | 'test';

/** The numbers of splits in files and messages. */
export const SPLIT_NUMBERS: Readonly<Record<SplitName, number>> = {
  train: 1,
  validation: 2,
  test: 3,
};

export const SPLIT_NAMES = Object.keys(SPLIT_NUMBERS) as readonly SplitName[];

/** Split names as folders, files and columns write them. */
const SPLIT_OF: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
};

/** What may follow a split's name: `training_set`, `testset`, `train-data`. */
const SET = /[_ -]?(set|split|data)$/;

/** @returns undefined if `name`, in any case, is no split's. */
export function splitNamed(name: string): SplitName | undefined {
  const key = name.toLowerCase().replace(SET, '');
  return ownEntry(SPLIT_OF, key);
}

/** What a set knows of its samples, apart from what models see of them. */
export interface DatasetSamples {
  /** SHA-256 of the set's file, hex. */
  readonly digest: string;
  readonly sampleCount: number;
  readonly classCount: number;
  readonly classNames: readonly string[];
  /** [N]; −1: unlabelled. */
  readonly labels: Int32Array;
  /** [N]; 1 train, 2 validation, 3 test. */
  readonly splits: Uint8Array;
  /**
   * [chunks], of a set in shards: where each chunk ends, ascending. Chunk c is samples [chunkEnds[c − 1],
   * chunkEnds[c]), all of one split.
   */
  readonly chunkEnds?: Uint32Array;
}

/** One modality of all samples. */
export interface Modality {
  /** [H, W, channels] or [D]. */
  readonly sampleShape: readonly number[];
  /** [N, ...sampleShape], row-major; if only some samples are held, [held, ...sampleShape]. */
  readonly inputs: Uint8Array | Float32Array;
  /** Which sample each row of `inputs` is. Absent: row n is sample n. */
  readonly held?: HeldSamples;
  /** The real value is the stored one times this: 1/255 for bytes, 1 for floats. */
  readonly inputScale: number;
  /** How texts or rows became `inputs`. Absent: inputs are what the source gave. */
  readonly encoding?: Encoding;
  /** The texts that the modality was made of, if it was made of texts. */
  readonly texts?: SampleTexts;
  /** Columns of the table that the modality was made of, if it was made of one. */
  readonly columns?: readonly TableColumn[];
  /** The cells of `columns`. */
  readonly cells?: TableCells;
}

export type ValueType = 'uint8' | 'float32';

export function valueType(inputs: Modality['inputs']): ValueType {
  return inputs instanceof Uint8Array ? 'uint8' : 'float32';
}

/** A set as one model sees it. */
export interface Dataset extends DatasetSamples, Modality {}

/** A set with everything that its file holds; {@link seenDataset} gives what a model sees. */
export interface StoredDataset extends DatasetSamples {
  /** By name. A set's only modality may be without a name, and is called {@link NAMELESS} then. */
  readonly modalities: ReadonlyMap<string, Modality>;
  /** Where the pictures of a set in shards are; absent: the set is one file. */
  readonly shards?: ShardIndex;
}

export const NAMELESS = '';

/** The arrays of a modality in a set's file. */
export const MODALITY_ARRAYS = [
  'inputs',
  'texts',
  'textEnds',
  'numbers',
  'categories',
  'categoryEnds',
] as const;

/** The name of a modality's array in a set's file: `inputs`, or `inputs.pixels`. */
export function arrayName(array: (typeof MODALITY_ARRAYS)[number], modality: string): string {
  return modality === NAMELESS ? array : `${array}.${modality}`;
}

export type DatasetParts = Omit<Dataset, 'digest'>;
export type StoredDatasetParts = Omit<StoredDataset, 'digest'>;

/**
 * A set in shards as a model sees it, with some of its pictures.
 *
 * @param samples - indices into the set.
 * @param inputs - [samples, ...sampleShape], of these samples.
 */
export function withHeld(dataset: Dataset, samples: Uint32Array, inputs: Uint8Array): Dataset {
  return { ...dataset, inputs, held: new HeldSamples(samples) };
}

/** Class names and labels of more classes than this are a mistake, not a classification task. */
export const MAX_CLASSES = 65_536;

/** Greatest number of a set's modalities: more are a mistake. */
export const MAX_MODALITIES = 32;

/** A modality without the arrays that take most of its memory. */
export type ModalityOutline = Omit<Modality, 'inputs' | 'texts' | 'cells'>;

/** A set without the arrays that take most of its memory. */
export interface DatasetOutline extends Omit<DatasetSamples, 'digest'> {
  readonly modalities: ReadonlyMap<string, ModalityOutline>;
}

/**
 * The set as a model of one modality sees it.
 *
 * @param modality - undefined: the model names none, which is enough for a set with one modality.
 * @throws {LyceumError} INVALID_ARGUMENT naming the modalities that there are.
 */
export function seenDataset(stored: StoredDataset, modality: string | undefined): Dataset {
  const { modalities, shards: _, ...samples } = stored;
  const meant = meantModality(modalities, modality);
  const seen = meant === undefined ? undefined : modalities.get(meant);
  if (seen !== undefined) return { ...samples, ...seen };
  const known = [...modalities.keys()].join(', ');
  const message = modalities.has(NAMELESS)
    ? `there is no modality ${modality}: the data set's only one has no name; name none`
    : modality === undefined
      ? `no modality is named; want one of the data set's: ${known}`
      : `there is no modality ${modality}; want one of the data set's: ${known}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/**
 * The set without the texts or the table that it was made of, for readers that use numbers alone. Arrays of such a set
 * are copied, so that the bytes of its file, which hold the texts too, can be freed.
 */
export function withoutRaw({ texts, columns: _, cells, ...dataset }: Dataset): Dataset {
  if (texts === undefined && cells === undefined) return dataset;
  const { inputs, labels, splits } = dataset;
  return { ...dataset, inputs: ofOwn(inputs), labels: ofOwn(labels), splits: ofOwn(splits) };
}

function ofOwn<T extends Uint8Array | Float32Array | Int32Array>(values: T): T {
  const isView = values.byteLength < values.buffer.byteLength;
  return isView ? (values.slice() as T) : values;
}

/**
 * The name of the modality that a model sees; undefined: there is no such modality, or the model names none of
 * several.
 */
export function meantModality(
  modalities: ReadonlyMap<string, unknown>,
  named: string | undefined,
): string | undefined {
  if (named !== undefined) return modalities.has(named) ? named : undefined;
  const [only, ...others] = modalities.keys();
  return others.length === 0 ? only : undefined;
}

/** A set of one modality as a stored set, where the modality has no name. */
export function withoutName(parts: DatasetParts): StoredDatasetParts {
  const { sampleShape, inputs, inputScale, encoding, texts, columns, cells, ...samples } = parts;
  const modality: Modality = {
    sampleShape,
    inputs,
    inputScale,
    ...(encoding !== undefined && { encoding }),
    ...(texts !== undefined && { texts }),
    ...(columns !== undefined && { columns }),
    ...(cells !== undefined && { cells }),
  };
  return { ...samples, modalities: new Map([[NAMELESS, modality]]) };
}

/** Samples of each split, by the array of splits: all views of one set share this array. */
const samplesOf = new WeakMap<Uint8Array, ReadonlyMap<SplitName, Uint32Array>>();

/** Indices of the split's samples, ascending: entry r is the sample of row r. Computed once per set. */
export function splitSamples(
  { splits }: Pick<DatasetSamples, 'splits'>,
  split: SplitName,
): Uint32Array {
  const known = samplesOf.get(splits)?.get(split);
  if (known !== undefined) return known;
  const number = SPLIT_NUMBERS[split];
  // Plain loops: sets have millions of samples, and event loops call this.
  let count = 0;
  for (let sample = 0; sample < splits.length; sample++) if (splits[sample] === number) count++;
  const samples = new Uint32Array(count);
  let row = 0;
  for (let sample = 0; row < count; sample++)
    if (splits[sample] === number) samples[row++] = sample;
  samplesOf.set(splits, new Map(samplesOf.get(splits)).set(split, samples));
  return samples;
}

/** Above this count of classes a description has no counts by class: a list of sets would be megabytes. */
const COUNTED_CLASSES = 1000;

/** A set's description for people, as JSON. */
export function describeDataset(stored: StoredDataset): Record<string, unknown> {
  const { digest, sampleCount, classCount, classNames } = stored;
  const isListed = classCount <= COUNTED_CLASSES;
  const splits = Object.fromEntries(
    SPLIT_NAMES.map((split) => {
      const samples = splitSamples(stored, split);
      const byClass = new Uint32Array(classCount);
      let labelled = 0;
      for (const sample of samples) {
        const label = stored.labels[sample] as number;
        if (label < 0) continue;
        labelled++;
        byClass[label] = (byClass[label] as number) + 1;
      }
      const counts = { samples: samples.length, labelled };
      return [split, isListed ? { ...counts, byClass: [...byClass] } : counts];
    }),
  );
  const modalities = [...stored.modalities].map(([name, { inputs, sampleShape, encoding }]) => ({
    ...(name !== NAMELESS && { name }),
    sampleShape,
    valueType: valueType(inputs),
    ...(encoding !== undefined && { encoding: describeEncoding(encoding) }),
  }));
  const { shards, chunkEnds } = stored;
  const places = shards && chunkEnds && { shards: describeShards(shards, chunkEnds) };
  return { digest, modalities, sampleCount, classCount, classNames, splits, ...places };
}
