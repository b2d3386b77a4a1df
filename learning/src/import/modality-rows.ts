/**
 * Rows of several modalities' sources between reading and writing. Rows of encoded tables are stored until all sources
 * have been read: only then is it known which rows are samples, and which samples are the train split, on which
 * encodings are fitted.
 */
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import type { Encoding } from '../datasets/encoding/index.js';
import type { TableColumn } from '../datasets/index.js';
import type { AlignedSamples, IdentifiedRows } from './align-sources.js';
import { encodedSamples, type RowsAside } from './columns/index.js';
import type { SummaryColumns } from './import-summary.js';
import {
  type ClassNumbers,
  type CollectedSamples,
  type CollectingSink,
  type ColumnKind,
  chosenSplits,
  collectSamples,
  finalLabels,
  Refusals,
  type RefusedSample,
  type SampleSink,
} from './samples/index.js';

export interface CollectedModality extends CollectedSamples, SummaryColumns {
  readonly name: string;
  readonly encoding?: Encoding | undefined;
  readonly kept?: readonly TableColumn[] | undefined;
}

interface ModalityAside extends RowsAside {
  readonly name: string;
}

export type ReadModality = CollectedModality | ModalityAside;

export type Align = (
  sources: readonly IdentifiedRows[],
  refuse: (refused: RefusedSample) => void,
) => AlignedSamples;

interface EncodingPlan {
  readonly align: Align;
  /** The kinds of columns that the user says; others are guessed. */
  readonly kinds: ReadonlyMap<string, ColumnKind>;
  readonly classes: ClassNumbers;
  readonly sink: SampleSink;
}

export function isCollected(modality: ReadModality): modality is CollectedModality {
  return 'rows' in modality;
}

/**
 * Encodes the stored rows, in place in `read`, and gives each row that is a sample its split.
 *
 * @returns where the splits are from; undefined: no rows were stored, and no split was drawn.
 * @throws {LyceumError} INVALID_ARGUMENT if there are no samples, or a modality's columns cannot be fitted on the
 *   train split.
 */
export async function encodeModalities(
  read: ReadModality[],
  { align, kinds, classes, sink }: EncodingPlan,
): Promise<string | undefined> {
  if (read.every(isCollected)) return undefined;
  // Refused samples are reported once, at the end: by then they include rows that cannot be encoded.
  const refusals = new Refusals();
  const { orders, labels, splits } = align(read, (refused) => refusals.add(refused));
  if (labels.length === 0) throw noCommonSample(refusals);
  const final = finalLabels(labels, classes.ordered());
  const drawn = chosenSplits(sink.kind, sink.split, final, splits);
  for (const [index, modality] of read.entries()) {
    const own = modality.splits.slice();
    for (const [sample, row] of (orders[index] as Uint32Array).entries()) {
      own[row] = drawn.splits[sample] as number;
    }
    read[index] = isCollected(modality)
      ? { ...modality, splits: own }
      : await encoded(modality, own, kinds, { ...sink, file: `encoded-${index}`, classes });
  }
  return drawn.source;
}

async function encoded(
  aside: ModalityAside,
  splits: Int32Array,
  kinds: ReadonlyMap<string, ColumnKind>,
  sink: CollectingSink,
): Promise<CollectedModality> {
  const { name, names } = aside;
  try {
    const wanted = new Map([...kinds].filter(([column]) => names.includes(column)));
    const { samples, ...open } = await encodedSamples(aside, splits, wanted, sink.signal);
    return { name, ...open, ...(await collectSamples(samples, sink)) };
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError(err.code, `modality ${name}: ${err.message}`, { cause: err });
  }
}

export function noCommonSample({ first }: Refusals): LyceumError {
  return new InvalidDocumentError('the sources, which have no sample in common,', first);
}
