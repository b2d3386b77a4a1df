/**
 * The common end of all sources that are read in a stream: samples come one by one, a set's file comes out.
 * In memory are a few samples, and of each one its class and its split.
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
  /** The file or row that it is from. */
  readonly where: string;
  /** By which other sources know it; undefined: it is not needed. */
  readonly id?: string | undefined;
  /** [H, W, channels] or [D]. */
  readonly shape: readonly number[];
  /** [...shape], row-major. */
  readonly values: Uint8Array | Float32Array;
  /** The name of its class; undefined: unlabelled. */
  readonly label: string | undefined;
  /** Undefined: the source does not say. */
  readonly split: SplitName | undefined;
  /** What its values were made of: a text; of a table the cells, those of categories as texts. */
  readonly raw?: RawRow;
}

export interface SampleSink {
  /** What refusals call the source: its path, or of several `the sources`. */
  readonly source: string;
  /** The kind of source, which the draw of splits depends on. */
  readonly kind: string;
  /** Absent: the classes that occur, sorted. */
  readonly classes: KnownClasses | undefined;
  /** Whether classes are values of a column: names of folders are none. */
  readonly areValues: boolean;
  readonly split: SplitChoice | undefined;
  readonly refusals: Refusals;
  /** An empty folder for the set's file and what is needed to write it. */
  readonly scratch: string;
  /** Ends it between two samples. */
  readonly signal?: AbortSignal | undefined;
}

export interface OpenSamples {
  readonly samples: AsyncIterable<Sample | RefusedSample>;
  /** The encoding that made values of texts or rows. */
  readonly encoding?: Encoding | undefined;
  /** For a table: the columns whose cells the samples come with. */
  readonly kept?: readonly TableColumn[] | undefined;
  /** Where splits are from, if every sample comes with its own already. */
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

/** What reading one of several sources needs. */
export interface CollectingSink
  extends Pick<SampleSink, 'source' | 'refusals' | 'scratch' | 'signal'> {
  /** Its name in the scratch folder. */
  readonly file: string;
  readonly classes: ClassNumbers;
}

/** Samples of one source: their rows on disk, the rest in memory. */
export interface CollectedSamples {
  readonly rows: RowFile;
  /** By row; empty where samples have none. */
  readonly ids: readonly string[];
  /** By row, as {@link ClassNumbers} numbers them before all are known. */
  readonly labels: Int32Array;
  /** By row; 0: the source does not say. */
  readonly splits: Int32Array;
  /** Samples of the source, the refused ones too. */
  readonly sourceCount: number;
}

/**
 * Writes all samples that have the shape of the first.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there are none, or they are no data set.
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
 * Reads all samples that have the shape of the first.
 *
 * @returns what the caller closes.
 * @throws {LyceumError} INVALID_ARGUMENT if there are none.
 */
export async function collectSamples(
  samples: AsyncIterable<Sample | RefusedSample>,
  { source, file, classes, refusals, scratch, signal }: CollectingSink,
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
    }
    if (rows === undefined) throw noSamples(source, refusals);
    return { rows, ids, labels: labels.values(), splits: splits.values(), sourceCount };
  } catch (err) {
    await rows?.close();
    throw err;
  }
}

/** What was found of each sample. */
export interface FoundFacts {
  /** As {@link ClassNumbers} numbered them. */
  readonly labels: Int32Array;
  /** 0 where no source says. */
  readonly splits: Int32Array;
  /** Where splits are from, if all are said already. */
  readonly splitSource?: string | undefined;
}

/**
 * From rows on disk to a set's file.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if they are no data set.
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

/** Options that make pictures equal; not for what is equal already, since that may have been given. */
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

/** What there is to say when a source gave nothing. */
export function noSamples(source: string, refusals: Refusals): LyceumError {
  if (refusals.count > 0) {
    return new InvalidDocumentError(`${source}, of which no sample can be taken,`, refusals.first);
  }
  return new LyceumError('INVALID_ARGUMENT', `${source} has no samples`);
}
