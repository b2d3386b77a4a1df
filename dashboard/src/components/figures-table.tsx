/** Figures and sizes of models, a row each. */
import type { ComponentChildren } from 'preact';
import { type Column, DataTable } from './data-table.js';
import {
  bytesText,
  countText,
  fixedText,
  intervalText,
  NOT_KNOWN,
  orNotKnown,
  percentText,
} from './numbers.js';
import { wilsonInterval } from './wilson.js';

/** Numbers are null if they are not known, or make no sense for the model. */
export interface FiguresRow {
  readonly name: string;
  readonly accuracy: number | null;
  /** Number of labelled samples behind the accuracy. */
  readonly sampleCount: number;
  readonly nll: number | null;
  readonly ece: number | null;
  readonly brier: number | null;
  /** Share of samples on which the model names the same class as the ensemble. */
  readonly agreement: number | null;
  readonly parameters: number | null;
  readonly bytes: number | null;
  readonly latencyMs: number | null;
  readonly isMain?: boolean;
}

interface FiguresTableProps {
  readonly caption: string;
  readonly rows: readonly FiguresRow[];
}

const COLUMNS: readonly Column<FiguresRow>[] = [
  { title: 'Model', value: ({ name }) => name },
  {
    title: 'Accuracy (95 %)',
    hint: 'Share of right answers, with its 95 % interval (Wilson 1927)',
    value: (row) => accuracyText(row),
    isNumber: true,
  },
  number('NLL, nats', 'Mean negative log-likelihood of the label', (row) => row.nll, fixedText),
  number('ECE', 'Expected calibration error, 15 bins of equal width', (row) => row.ece, fixedText),
  number('Brier', 'Mean squared distance from the label', (row) => row.brier, fixedText),
  number(
    'As the ensemble',
    'Share of samples on which it says what the ensemble says',
    (row) => row.agreement,
    percentText,
  ),
  number('Parameters', 'Numbers in the weights', (row) => row.parameters, countText),
  number('Size', 'Of the weights', (row) => row.bytes, bytesText),
  number(
    'Latency',
    'Median of one inference of one sample where it ran',
    (row) => row.latencyMs,
    (ms) => `${ms.toFixed(2)} ms`,
  ),
];

/** Columns without a number in any row are left out. */
export function FiguresTable({ caption, rows }: FiguresTableProps) {
  const columns = COLUMNS.filter(
    (column, index) => index < 2 || rows.some((row) => column.value(row) !== NOT_KNOWN),
  );
  return (
    <DataTable caption={caption} columns={columns} rows={rows} isMain={({ isMain }) => !!isMain} />
  );
}

function accuracyText({ accuracy, sampleCount }: FiguresRow): string {
  if (accuracy === null) return NOT_KNOWN;
  const { low, high } = wilsonInterval(accuracy, sampleCount);
  return intervalText(accuracy, low, high);
}

function number(
  title: string,
  hint: string,
  of: (row: FiguresRow) => number | null,
  text: (value: number) => string,
): Column<FiguresRow> {
  const value = (row: FiguresRow): ComponentChildren => orNotKnown(of(row), text);
  return { title, hint, value, isNumber: true };
}
