/**
 * The common end of all sources that are read as a stream: samples come one by one, and the result is a set's file.
 * Memory holds a few samples, and the class and split of each.
 */
import { join } from 'node:path';
import { InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';
import { GrowingInt32 } from '../../arrays/index.js';
import { type Encoding, SampleRefusedError } from '../../datasets/encoding/index.js';
import {
  allRows,
  NAMELESS,
  type RawRow,
  RowFile,
  type SampleFacts,
  SPLIT_NUMBERS,
  type SplitName,
  type StoredRows,
  type TableColumn,
  valueType,
  writeDatasetFile,
} from '../../datasets/index.js';
import { shownName } from '../../files/index.js';
import { ClassNumbers, finalLabels, type KnownClasses } from './class-numbers.js';
import type { SplitChoice } from './import-options.js';
import { orRefused, type Refusals, type RefusedSample } from './refusals.js';
import { chosenSplits } from './split-choice.js';

export interface Sample {
  /** The file or row that the sample is from. */
  readonly where: string;
  /** The id by which samples of other sources are matched; undefined: no id is needed. */
  readonly id?: string | undefined;
  /** [H, W, channels] or [D]. */
  readonly shape: readonly number[];
  /** [...shape], row-major. */
  readonly values: Uint8Array | Float32Array;
  /** The name of its class; undefined: unlabelled. */
  readonly label: string | undefined;
  /** Undefined: the source does not say. */
  readonly split: SplitName | undefined;
  /** What the values were made of: a text; or a table's cells, those of categories as texts. */
  readonly raw?: RawRow;
}

export interface SampleSink {
  /** What refusals call the source: its path; for several, `the sources`. */
  readonly source: string;
  /** The kind of source: the draw of splits depends on it. */
  readonly kind: string;
  /** Absent: the classes that occur, sorted. */
  readonly classes: KnownClasses | undefined;
  /** Whether classes are values of a column, and not names of folders. */
  readonly areValues: boolean;
  readonly split: SplitChoice | undefined;
  readonly refusals: Refusals;
  /** An empty folder for the set's file and what is needed to write it. */
  readonly scratch: string;
  /** Ends the import between two samples. */
  readonly signal?: AbortSignal | undefined;
  /** Is called with the number of samples that the source has had so far, refused ones included. */
  readonly onRead?: ((sampleCount: number) => void) | undefined;
}

export interface OpenSamples {
  readonly samples: AsyncIterable<Sample | RefusedSample>;
  /** The encoding that made values of texts or rows. */
  readonly encoding?: Encoding | undefined;
  /** For a table: the columns whose cells are stored with the samples. */
  readonly kept?: readonly TableColumn[] | undefined;
  /** Where splits are from, if every sample already has its split. */
  readonly splitSource?: string | undefined;
  /** What is probably wrong with the source, known once all samples were read. */
  readonly warnings?: () => Problem[];
}

export interface WrittenSamples {
  /** Path of the set's file. */
  readonly file: string;
  readonly facts: SampleFacts;
  readonly modalities: ReadonlyMap<string, StoredRows>;
  readonly classOrder: string;
  readonly splitSource: string;
}

/** What is needed to read one of several sources. */
export interface CollectingSink
  extends Pick<SampleSink, 'source' | 'refusals' | 'scratch' | 'signal' | 'onRead'> {
  /** Name of the source's file in the scratch folder. */
  readonly file: string;
  readonly classes: ClassNumbers;
}

/** Samples of one source: their rows on disk, the rest in memory. */
export interface CollectedSamples {
  readonly rows: RowFile;
  /** By row; empty if samples have no ids. */
  readonly ids: readonly string[];
  /** By row, with the provisional numbers of {@link ClassNumbers}. */
  readonly labels: Int32Array;
  /** By row; 0: the source does not say. */
  readonly splits: Int32Array;
  /** How many samples the source has, refused ones included. */
  readonly sourceCount: number;
}

/**
 * Writes all samples that have the shape of the first one.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there are no samples, or the result is no data set.
 */
export async function writeSamples(open: OpenSamples, sink: SampleSink): Promise<WrittenSamples> {
  const classes = new ClassNumbers(sink.classes, sink.areValues);
  const collected = await collectSamples(open.samples, { ...sink, file: 'rows', classes });
  const { rows, labels, splits } = collected;
  try {
    const { encoding, kept: columns, splitSource } = open;
    const stored = { rows, order: allRows(rows.rowCount), encoding, columns };
    const modalities = new Map([[NAMELESS, stored]]);
    return await finishSamples(modalities, { labels, splits, splitSource }, classes, sink);
  } finally {
    await rows.close();
  }
}

/**
 * Reads all samples that have the shape of the first one.
 *
 * @returns the samples. The caller closes `rows`.
 * @throws {LyceumError} INVALID_ARGUMENT if there are none.
 */
export async function collectSamples(
  samples: AsyncIterable<Sample | RefusedSample>,
  { source, file, classes, refusals, scratch, signal, onRead }: CollectingSink,
): Promise<CollectedSamples> {
  const labels = new GrowingInt32();
  const splits = new GrowingInt32();
  const ids: string[] = [];
  let rows: RowFile | undefined;
  let sourceCount = 0;
  const take = async (sample: Sample): Promise<undefined> => {
    const first = rows?.format.sampleShape ?? sample.shape;
    if (`${sample.shape}` !== `${first}`) throw otherShape(sample, first);
    const label = classes.numberOf(sample.label);
    rows ??= await openRows(join(scratch, file), sample);
    await rows.append(sample.values, sample.raw);
    if (sample.id !== undefined) ids.push(sample.id);
    labels.push(label);
    splits.push(sample.split === undefined ? 0 : SPLIT_NUMBERS[sample.split]);
  };
  try {
    for await (const sample of samples) {
      signal?.throwIfAborted();
      sourceCount += 1;
      const taken =
        'refusal' in sample ? sample : await orRefused(sample.where, () => take(sample));
      if (taken !== undefined) refusals.add(taken);
      onRead?.(sourceCount);
    }
    if (rows === undefined) throw noSamples(source, refusals);
    return { rows, ids, labels: labels.values(), splits: splits.values(), sourceCount };
  } catch (err) {
    await rows?.close();
    throw err;
  }
}

/** What was found out of each sample. */
export interface FoundFacts {
  /** Provisional numbers of {@link ClassNumbers}. */
  readonly labels: Int32Array;
  /** Number of the split; 0: no source says. */
  readonly splits: Int32Array;
  /** Where splits are from, if every sample already has its split. */
  readonly splitSource?: string | undefined;
}

/**
 * Turns rows on disk into a set's file.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the rows are no data set.
 */
export async function finishSamples(
  modalities: ReadonlyMap<string, StoredRows>,
  found: FoundFacts,
  classes: ClassNumbers,
  { source, kind, split, scratch }: Pick<SampleSink, 'source' | 'kind' | 'split' | 'scratch'>,
): Promise<WrittenSamples> {
  const ordered = classes.ordered();
  const { classNames, order: classOrder } = ordered;
  refuseFewClasses(source, classNames, kind);
  const labels = finalLabels(found.labels, ordered);
  const { splits, source: splitSource } =
    found.splitSource === undefined
      ? chosenSplits(kind, split, labels, found.splits)
      : { splits: Uint8Array.from(found.splits), source: found.splitSource };
  const facts = { classNames, labels, splits };
  const file = await writeDatasetFile(scratch, modalities, facts);
  return { file, facts, modalities, classOrder, splitSource };
}

function refuseFewClasses(
  source: string,
  [only, ...others]: readonly string[],
  kind: string,
): void {
  if (others.length > 0) return;
  const isFolder = kind === 'images' || kind === 'texts';
  const inside = isFolder ? '; if the folders in it are the classes, want that folder' : '';
  const message =
    only === undefined
      ? 'no sample has a class; --classes names all that there are, and --label their column'
      : `all samples are of one class, ${shownName(only)}; want two or more${inside}`;
  throw new InvalidDocumentError(source, [{ path: 'classes', message }]);
}

function openRows(path: string, { shape, values, raw }: Sample): Promise<RowFile> {
  const counts = raw && { textCount: raw.texts.length, numberCount: raw.numbers.length };
  return RowFile.open(path, {
    sampleShape: shape,
    valueType: valueType(values),
    ...(counts !== undefined && { raw: counts }),
  });
}

function otherShape({ shape }: Sample, first: readonly number[]): SampleRefusedError {
  const message = `has shape [${shape.join(', ')}], the first sample [${first.join(', ')}]${advice(shape, first)}`;
  return new SampleRefusedError('another shape', message);
}

/** Names the options that make pictures equal in size or channels. Options that are equal already are not named. */
function advice(
  [height, width, channels]: readonly number[],
  [firstHeight, firstWidth, firstChannels]: readonly number[],
): string {
  if (channels === undefined) return '';
  const isSize = height === firstHeight && width === firstWidth;
  const options = [
    ...(isSize ? [] : ['--size HEIGHTxWIDTH']),
    ...(channels === firstChannels ? [] : ['--channels rgb or gray']),
  ];
  return `; want ${options.join(' and ')}`;
}

/** The error for a source that gave no samples. */
export function noSamples(source: string, refusals: Refusals): LyceumError {
  if (refusals.count > 0) {
    return new InvalidDocumentError(`${source}, of which no sample can be taken,`, refusals.first);
  }
  return new LyceumError('INVALID_ARGUMENT', `${source} has no samples`);
}
