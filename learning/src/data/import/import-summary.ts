/** What came out of a source, for a person and as JSON. */
import type { Problem } from '@lyceum/proto';
import { type DatasetOutline, SPLIT_NAMES, SPLIT_NUMBERS, type SplitName } from '../dataset.js';
import { encodingText } from '../encoding/encoding.js';
import type { FittedColumn } from '../encoding/fit-table.js';
import { Ignored, Refusals } from './refusals.js';

export interface ImportSummary {
  readonly kind: string;
  readonly samples: number;
  readonly sampleShape: readonly number[];
  readonly valueType: 'uint8' | 'float32';
  /** How texts or rows became numbers; absent: as they are. */
  readonly encoding?: string;
  /** What became of each column of a table that is encoded. */
  readonly columns?: readonly FittedColumn[];
  readonly classNames: readonly string[];
  /** What the order of classes is. */
  readonly classOrder: string;
  readonly splits: Readonly<
    Record<SplitName, { readonly samples: number; readonly labelled: number }>
  >;
  /** Where the splits are from. */
  readonly splitSource: string;
  /** `reasons` counts all of them, `first` names a few. */
  readonly refused: {
    readonly count: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly first: readonly Problem[];
  };
  readonly ignored: { readonly count: number; readonly first: readonly string[] };
}

export function importSummary(
  set: {
    readonly kind: string;
    readonly outline: Omit<DatasetOutline, 'inputScale'>;
    readonly valueType: 'uint8' | 'float32';
    readonly classOrder: string;
    readonly splitSource: string;
    readonly columns?: readonly FittedColumn[] | undefined;
  },
  refusals = new Refusals(),
  ignored = new Ignored(),
): ImportSummary {
  const { kind, outline, valueType, classOrder, splitSource, columns } = set;
  const { labels, splits, sampleCount, sampleShape, classNames, encoding } = outline;
  const counts = { train: counter(), validation: counter(), test: counter() };
  for (const name of SPLIT_NAMES) {
    for (let index = 0; index < sampleCount; index++) {
      if (splits[index] !== SPLIT_NUMBERS[name]) continue;
      counts[name].samples += 1;
      if ((labels[index] as number) >= 0) counts[name].labelled += 1;
    }
  }
  return {
    kind,
    samples: sampleCount,
    sampleShape,
    valueType,
    ...(encoding !== undefined && { encoding: encodingText(encoding) }),
    ...(columns !== undefined && { columns }),
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
  };
}

function counter(): { samples: number; labelled: number } {
  return { samples: 0, labelled: 0 };
}
