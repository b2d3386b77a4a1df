/**
 * The common end of all sources that are read in a stream: samples come one by one, a set's file comes out.
 * In memory are a few samples, and of each one its class and its split.
 */
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import { type DatasetOutline, SPLIT_NUMBERS, type SplitName } from '../dataset.js';
import { DatasetWriter } from '../dataset-writer.js';
import type { Encoding } from '../encoding/encoding.js';
import { GrowingInt32 } from '../growing-int32.js';
import {
  ClassNumbers,
  finalLabels,
  type KnownClasses,
  type OrderedClasses,
} from './class-numbers.js';
import type { SplitChoice } from './import-options.js';
import { orRefused, type Refusals, type RefusedSample, SampleRefusedError } from './refusals.js';
import { chosenSplits } from './split-choice.js';

export interface Sample {
  /** The file or row that it is from. */
  readonly where: string;
  /** [H, W, channels] or [D]. */
  readonly shape: readonly number[];
  /** [...shape], row-major. */
  readonly values: Uint8Array | Float32Array;
  /** The name of its class; undefined: unlabelled. */
  readonly label: string | undefined;
  /** Undefined: the source does not say. */
  readonly split: SplitName | undefined;
  /** That its values were made of. */
  readonly text?: string;
}

export interface SampleSink {
  /** The kind of source, which the draw of splits depends on. */
  readonly kind: string;
  /** Absent: the classes that occur, sorted as strings. */
  readonly classes: KnownClasses | undefined;
  readonly split: SplitChoice | undefined;
  readonly refusals: Refusals;
  /** An empty folder for the set's file and what is needed to write it. */
  readonly scratch: string;
  /** Ends it between two samples. */
  readonly signal?: AbortSignal | undefined;
}

export interface OpenSamples {
  readonly samples: AsyncIterable<Sample | RefusedSample>;
  /** That made values of texts or rows. */
  readonly encoding?: Encoding | undefined;
  /** Where splits are from, if every sample comes with its own already. */
  readonly splitSource?: string | undefined;
}

export interface WrittenSamples {
  /** Path of the set's file. */
  readonly file: string;
  readonly outline: Omit<DatasetOutline, 'inputScale'>;
  readonly valueType: 'uint8' | 'float32';
  readonly classOrder: string;
  readonly splitSource: string;
}

/**
 * Writes all samples that have the shape of the first.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there are none, or they are no data set.
 */
export async function writeSamples(open: OpenSamples, sink: SampleSink): Promise<WrittenSamples> {
  const numbers = new ClassNumbers(sink.classes);
  const labels = new GrowingInt32();
  const splits = new GrowingInt32();
  let writer: DatasetWriter | undefined;
  const take = async (sample: Sample): Promise<undefined> => {
    const first = writer?.format.sampleShape ?? sample.shape;
    if (`${sample.shape}` !== `${first}`) throw otherShape(sample, first);
    const label = numbers.numberOf(sample.label);
    writer ??= await openWriter(sink.scratch, sample);
    await writer.append(sample.values, sample.text);
    labels.push(label);
    splits.push(sample.split === undefined ? 0 : SPLIT_NUMBERS[sample.split]);
  };
  try {
    for await (const sample of open.samples) {
      sink.signal?.throwIfAborted();
      const taken =
        'refusal' in sample ? sample : await orRefused(sample.where, () => take(sample));
      if (taken !== undefined) sink.refusals.add(taken);
    }
    if (writer === undefined) throw noSamples(sink.refusals);
    const rows = { labels: labels.values(), given: splits.values(), classes: numbers.ordered() };
    return await finish(writer, rows, open, sink);
  } finally {
    await writer?.close();
  }
}

interface WrittenRows {
  /** As the numbers of classes were when the row came. */
  readonly labels: Int32Array;
  /** Split numbers, 0 where the source says none. */
  readonly given: Int32Array;
  readonly classes: OrderedClasses;
}

async function finish(
  writer: DatasetWriter,
  rows: WrittenRows,
  { encoding, splitSource }: OpenSamples,
  { kind, split }: SampleSink,
): Promise<WrittenSamples> {
  const { given, classes } = rows;
  const { classNames, order } = classes;
  const labels = finalLabels(rows.labels, classes);
  const { splits, source } =
    splitSource === undefined
      ? chosenSplits(kind, split, labels, given)
      : { splits: Uint8Array.from(given), source: splitSource };
  const { sampleShape, valueType } = writer.format;
  const file = await writer.finish({ classNames, labels, splits, encoding });
  const sampleCount = labels.length;
  const classCount = classNames.length;
  return {
    file,
    outline: {
      sampleShape,
      sampleCount,
      classCount,
      classNames,
      labels,
      splits,
      ...(encoding !== undefined && { encoding }),
    },
    valueType,
    classOrder: order,
    splitSource: source,
  };
}

function openWriter(scratch: string, { shape, values, text }: Sample): Promise<DatasetWriter> {
  const valueType = values instanceof Uint8Array ? 'uint8' : 'float32';
  return DatasetWriter.open(scratch, {
    sampleShape: shape,
    valueType,
    hasTexts: text !== undefined,
  });
}

function otherShape({ shape }: Sample, first: readonly number[]): SampleRefusedError {
  const advice = shape.length === 3 ? '; --size and --channels make them equal' : '';
  const message = `has shape [${shape.join(', ')}], the first sample [${first.join(', ')}]${advice}`;
  return new SampleRefusedError('another shape', message);
}

/** What there is to say when a source gave nothing. */
export function noSamples(refusals: Refusals): LyceumError {
  if (refusals.count > 0)
    return new InvalidDocumentError('no sample of the source', refusals.first);
  return new LyceumError('INVALID_ARGUMENT', 'the source has no samples');
}
