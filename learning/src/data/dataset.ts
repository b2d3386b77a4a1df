/**
 * A data set in memory: samples of one shape, their labels and their splits.
 *
 * Holds throughout a {@link Dataset}: every array has N entries, every label is −1 or a class, every sample
 * is in exactly one split. {@link datasetProblems} is that rule; nothing else makes a data set.
 *
 * Symbols: N samples, C classes, H × W pixels of `channels` values, D values of a flat sample.
 */
import type { Problem } from '@lyceum/proto';
import { describeEncoding, type Encoding, encodingWidth } from './encoding/encoding.js';
import { type SampleTexts, sampleTextsProblem } from './sample-texts.js';

export type SplitName = 'train' | 'validation' | 'test';

/** The numbers of splits in files and messages. */
export const SPLIT_NUMBERS: Readonly<Record<SplitName, number>> = {
  train: 1,
  validation: 2,
  test: 3,
};

export const SPLIT_NAMES = Object.keys(SPLIT_NUMBERS) as readonly SplitName[];

export interface Dataset {
  /** SHA-256 of the set's file, hex. */
  readonly digest: string;
  /** [H, W, channels] or [D]. */
  readonly sampleShape: readonly number[];
  readonly sampleCount: number;
  readonly classCount: number;
  readonly classNames: readonly string[];
  /** [N, ...sampleShape], row-major. */
  readonly inputs: Uint8Array | Float32Array;
  /** The real value is the stored one times this: 1/255 for bytes, 1 for floats. */
  readonly inputScale: number;
  /** [N]; −1: unlabelled. */
  readonly labels: Int32Array;
  /** [N]; 1 train, 2 validation, 3 test. */
  readonly splits: Uint8Array;
  /** How texts or rows became `inputs`. Absent: inputs are what the source gave. */
  readonly encoding?: Encoding;
  /** Of a set that was made of texts: theirs. */
  readonly texts?: SampleTexts;
}

export type DatasetParts = Omit<Dataset, 'digest'>;

/** Class names and labels of more classes than this are a mistake, not a classification task. */
export const MAX_CLASSES = 65_536;

/** All of a set but what takes most of its memory. */
export type DatasetOutline = Omit<DatasetParts, 'inputs' | 'texts'>;

/** All that keeps `parts` from being a data set. */
export function datasetProblems(parts: DatasetParts): Problem[] {
  const problems = outlineProblems(parts);
  const wrong = (message: string) => problems.push({ path: 'inputs', message });
  const features = parts.sampleShape.reduce((product, n) => product * n, 1);
  if (parts.inputs.length !== parts.sampleCount * features) {
    wrong(`want ${parts.sampleCount * features} values, got ${parts.inputs.length}`);
  }
  if (parts.inputs instanceof Float32Array) {
    const index = parts.inputs.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) {
      wrong(`sample ${Math.floor(index / features)} holds ${parts.inputs[index]}`);
    }
  }
  const textsProblem = parts.texts && sampleTextsProblem(parts.texts, parts.sampleCount);
  if (textsProblem !== undefined) problems.push({ path: 'texts', message: textsProblem });
  return problems;
}

/** As {@link datasetProblems}, for a set whose inputs are elsewhere. */
export function outlineProblems(parts: DatasetOutline): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  const { sampleShape, sampleCount, classCount, classNames } = parts;

  const imageOrFlat = sampleShape.length === 1 || sampleShape.length === 3;
  if (!imageOrFlat || !sampleShape.every((n) => Number.isInteger(n) && n > 0)) {
    wrong(
      'inputs',
      `samples have shape [${sampleShape}]; want [height, width, channels] or [length]`,
    );
  }
  if (sampleCount < 1) wrong('inputs', 'there are no samples');
  const width = parts.encoding && encodingWidth(parts.encoding);
  if (width !== undefined && `${sampleShape}` !== `${width}`) {
    wrong('encoding', `gives ${width} numbers, and samples have shape [${sampleShape}]`);
  }
  if (!(Number.isFinite(parts.inputScale) && parts.inputScale > 0)) {
    wrong('inputScale', `must be greater than 0, got ${parts.inputScale}`);
  }
  if (!Number.isInteger(classCount) || classCount < 2 || classCount > MAX_CLASSES) {
    wrong('classCount', `must be a whole number from 2 to ${MAX_CLASSES}, got ${classCount}`);
  }
  if (classNames.length !== classCount) {
    wrong('classNames', `want ${classCount} names, got ${classNames.length}`);
  }
  for (const name of ['labels', 'splits'] as const) {
    if (parts[name].length !== sampleCount) {
      wrong(name, `want ${sampleCount}, one a sample, got ${parts[name].length}`);
    }
  }
  const label = parts.labels.findIndex((value) => value < -1 || value >= classCount);
  if (label >= 0) {
    const range = `a class from 0 to ${classCount - 1}, or -1 for unlabelled`;
    wrong('labels', `sample ${label} has label ${parts.labels[label]}; want ${range}`);
  }
  const split = parts.splits.findIndex((value) => value < 1 || value > 3);
  if (split >= 0) {
    const numbers = '1 (train), 2 (validation) or 3 (test)';
    wrong('splits', `sample ${split} has split ${parts.splits[split]}; want ${numbers}`);
  }
  if (!parts.splits.includes(SPLIT_NUMBERS.train)) wrong('splits', 'the train split is empty');
  return problems;
}

const samplesOf = new WeakMap<Dataset, ReadonlyMap<SplitName, Uint32Array>>();

/** Indices of the split's samples, ascending: entry r is the sample of row r. Computed once per set. */
export function splitSamples(dataset: Dataset, split: SplitName): Uint32Array {
  const known = samplesOf.get(dataset)?.get(split);
  if (known !== undefined) return known;
  const number = SPLIT_NUMBERS[split];
  const indices: number[] = [];
  for (const [index, value] of dataset.splits.entries()) {
    if (value === number) indices.push(index);
  }
  const samples = Uint32Array.from(indices);
  samplesOf.set(dataset, new Map(samplesOf.get(dataset)).set(split, samples));
  return samples;
}

/** What a person wants to know of a set, as JSON. */
export function describeDataset(dataset: Dataset): Record<string, unknown> {
  const { digest, sampleShape, sampleCount, classCount, classNames, encoding } = dataset;
  const splits = Object.fromEntries(
    SPLIT_NAMES.map((split) => {
      const samples = splitSamples(dataset, split);
      const labelled = samples.filter((sample) => (dataset.labels[sample] as number) >= 0).length;
      return [split, { samples: samples.length, labelled }];
    }),
  );
  const valueType = dataset.inputs instanceof Uint8Array ? 'uint8' : 'float32';
  return {
    digest,
    sampleShape,
    sampleCount,
    valueType,
    classCount,
    classNames,
    splits,
    ...(encoding !== undefined && { encoding: describeEncoding(encoding) }),
  };
}
