/** The result of an import, for people and as JSON. */
import type { Problem } from '@lyceum/proto';
import { type Encoding, encodingText } from '../datasets/encoding/index.js';
import {
  NAMELESS,
  type SampleFacts,
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  type SplitName,
  type ValueType,
} from '../datasets/index.js';
import type { FittedColumn } from './columns/index.js';
import { columnWarnings, factWarnings } from './dataset-warnings.js';
import { Ignored, Refusals } from './samples/index.js';

export interface ImportSummary {
  readonly kind: string;
  readonly samples: number;
  readonly modalities: readonly ImportedModality[];
  readonly classNames: readonly string[];
  /** The order of classes, in words. */
  readonly classOrder: string;
  readonly splits: Readonly<
    Record<SplitName, { readonly samples: number; readonly labelled: number }>
  >;
  /** Where the splits are from, in words. */
  readonly splitSource: string;
  /** `reasons` counts all refusals; `first` has a few of them, at least one for each reason. */
  readonly refused: {
    readonly count: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly first: readonly Problem[];
  };
  readonly ignored: { readonly count: number; readonly first: readonly string[] };
  /** What is probably wrong, and what to do; `path` names the part of the set. */
  readonly warnings: readonly Problem[];
}

export interface ImportedModality {
  /** Absent: the modality has no name. */
  readonly name?: string;
  readonly sampleShape: readonly number[];
  readonly valueType: ValueType;
  /** How texts or rows became numbers; absent: they were not encoded. */
  readonly encoding?: string;
  /** What became of each column of a table that is encoded. */
  readonly columns?: readonly FittedColumn[];
  /** The columns of a table whose numbers are taken as they are. */
  readonly rawColumns?: readonly string[];
}

/** A table has one of these fields, other sources none. */
export interface SummaryColumns {
  readonly columns?: readonly FittedColumn[] | undefined;
  readonly rawColumns?: readonly string[] | undefined;
}

/** @param encoding - how texts or rows became numbers, if they did. */
export function importedModality(
  name: string,
  { sampleShape, valueType }: Pick<ImportedModality, 'sampleShape' | 'valueType'>,
  encoding: Encoding | undefined,
  { columns, rawColumns }: SummaryColumns = {},
): ImportedModality {
  return {
    ...(name !== NAMELESS && { name }),
    sampleShape,
    valueType,
    ...(encoding !== undefined && { encoding: encodingText(encoding) }),
    ...(columns !== undefined && { columns }),
    ...(rawColumns !== undefined && { rawColumns }),
  };
}

export function importSummary(
  set: {
    readonly kind: string;
    readonly facts: SampleFacts;
    readonly modalities: readonly ImportedModality[];
    readonly classOrder: string;
    readonly splitSource: string;
  },
  refusals = new Refusals(),
  ignored = new Ignored(),
): ImportSummary {
  const { kind, modalities, classOrder, splitSource } = set;
  const { labels, splits, classNames } = set.facts;
  const counts = { train: counter(), validation: counter(), test: counter() };
  for (const name of SPLIT_NAMES) {
    for (let index = 0; index < labels.length; index++) {
      if (splits[index] !== SPLIT_NUMBERS[name]) continue;
      counts[name].samples += 1;
      if ((labels[index] as number) >= 0) counts[name].labelled += 1;
    }
  }
  return {
    kind,
    samples: labels.length,
    modalities,
    classNames,
    classOrder,
    splits: counts,
    splitSource,
    refused: {
      count: refusals.count,
      reasons: Object.fromEntries(refusals.reasons),
      first: refusals.first,
    },
    ignored: { count: ignored.count, first: ignored.first },
    warnings: [
      ...factWarnings(set.facts),
      ...modalities.flatMap(({ name, columns = [] }) =>
        columnWarnings(columns, name === undefined ? '' : `modality ${name}, `),
      ),
    ],
  };
}

function counter(): { samples: number; labelled: number } {
  return { samples: 0, labelled: 0 };
}
