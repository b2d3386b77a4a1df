/**
 * Rows of a table as rows of numbers. Columns come in the encoding's order, whatever their order in the row; columns
 * that the encoding does not know are ignored.
 *
 * - A column of numbers becomes (x − mean) / deviation, in float64, rounded to float32; a missing number becomes 0,
 *   the mean.
 *   If any number was missing in training, 1 or 0 follows: whether this one is missing.
 * - A column of categories becomes zeros but for a 1 at the place of its value; all unknown values share the last
 *   place.
 *
 * Mean and deviation (of the population, not of a sample) are those of the train split. cells.ts says what a cell
 * means.
 */

import type { Problem } from '@lyceum/proto';
import { ownEntry } from '@lyceum/proto';
import { isObject, nameProblem, shownName } from '../../files/index.js';
import { type Cell, categoryOf, cellOf, numberOf } from './cells.js';
import { SampleRefusedError } from './sample-refused-error.js';

interface NumberColumn {
  readonly name: string;
  readonly kind: 'number';
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
  /** Whether a second number says that the first one is missing. */
  readonly missing: boolean;
}

interface CategoryColumn {
  readonly name: string;
  readonly kind: 'category';
  /** Each value has a place of its own; all other values share one more place. */
  readonly values: readonly string[];
}

export type ColumnEncoding = NumberColumn | CategoryColumn;

export interface TableEncoding {
  readonly kind: 'table';
  /** Version of the rules above. */
  readonly version: 1;
  readonly columns: readonly ColumnEncoding[];
}

export function columnWidth(column: ColumnEncoding): number {
  if (column.kind === 'category') return column.values.length + 1;
  return column.missing ? 2 : 1;
}

/**
 * @param row - a value for each column of the encoding, as JSON, CSV or Parquet have it.
 * @returns [D].
 * @throws {SampleRefusedError} INVALID_ARGUMENT, naming a column that is missing or no number.
 */
export function encodeRow(
  { columns }: TableEncoding,
  row: Readonly<Record<string, unknown>>,
): Float32Array {
  const numbers: number[] = [];
  for (const column of columns) {
    const { name } = column;
    const cell = cellOf(ownEntry(row, name), name);
    if (column.kind === 'number') pushNumber(numbers, column, cell);
    else pushCategory(numbers, column, cell);
  }
  return Float32Array.from(numbers);
}

const SHOWN_CHARACTERS = 40;

function pushNumber(numbers: number[], column: NumberColumn, cell: Cell): void {
  const { name, mean, deviation } = column;
  const number = numberOf(cell);
  const value = number === 'missing' ? 0 : ((number ?? Number.NaN) - mean) / deviation;
  if (!Number.isFinite(Math.fround(value))) {
    const shown = JSON.stringify(cell).slice(0, SHOWN_CHARACTERS);
    const message = `column ${name}: want a number that float32 holds, got ${shown}`;
    throw new SampleRefusedError('no number', message);
  }
  numbers.push(value);
  if (column.missing) numbers.push(number === 'missing' ? 1 : 0);
}

function pushCategory(numbers: number[], { values }: CategoryColumn, cell: Cell): void {
  const known = values.indexOf(categoryOf(cell));
  const place = known < 0 ? values.length : known;
  for (let i = 0; i <= values.length; i++) numbers.push(i === place ? 1 : 0);
}

/** `rows: 3 columns of numbers and 2 of categories in 27 numbers`. */
export function tableEncodingText({ columns }: TableEncoding): string {
  const categories = columns.filter(({ kind }) => kind === 'category').length;
  const width = columns.reduce((sum, column) => sum + columnWidth(column), 0);
  const numbers = columns.length - categories;
  const kinds = `${numbers} column${numbers === 1 ? '' : 's'} of numbers and ${categories} of categories`;
  return `rows: ${kinds} in ${width.toLocaleString('en-US')} numbers`;
}

/** The part of `readEncoding` for tables. */
export function readTableEncoding(
  { version, columns, ...others }: Readonly<Record<string, unknown>>,
  problems: Problem[],
): TableEncoding | undefined {
  const wrong = (path: string, message: string) => problems.push({ path, message });
  for (const key of Object.keys(others)) {
    if (key !== 'kind') wrong(key, 'is not known; known are kind, version, columns');
  }
  if (version !== 1) wrong('version', `must be 1, got ${JSON.stringify(version)}`);
  if (!Array.isArray(columns) || columns.length === 0) {
    wrong('columns', 'must be a list of columns');
    return undefined;
  }
  const names = new Set<unknown>();
  const read = columns.map((column: unknown, index) => {
    const found = readColumn(column);
    if (typeof found === 'string') wrong(`columns[${index}]`, found);
    else if (names.has(found.name)) wrong(`columns[${index}]`, `"${found.name}" is there twice`);
    else names.add(found.name);
    return found;
  });
  return {
    kind: 'table',
    version: 1,
    columns: read.filter((column) => typeof column === 'object'),
  };
}

/** @returns the column with its keys in order, or as a string what is wrong. */
function readColumn(column: unknown): ColumnEncoding | string {
  if (!isObject(column) || typeof column['name'] !== 'string') return 'has no name';
  const { name, kind } = column;
  const problem = nameProblem(name);
  if (problem !== undefined) return `${shownName(name)} ${problem}`;
  if (kind === 'category') {
    const values: unknown = column['values'];
    const isList = Array.isArray(values) && values.length > 0;
    if (!isList || !values.every((value) => typeof value === 'string')) {
      return 'values must be a list of texts';
    }
    if (new Set(values).size < values.length) return 'values has one twice';
    return { name, kind, values };
  }
  if (kind !== 'number') return 'kind must be "number" or "category"';
  const { mean, deviation, missing } = column;
  if (!Number.isFinite(mean)) return 'mean must be a number';
  if (!Number.isFinite(deviation) || Number(deviation) <= 0) {
    return 'deviation must be a number greater than 0';
  }
  if (typeof missing !== 'boolean') return 'missing must be true or false';
  return { name, kind, mean: Number(mean), deviation: Number(deviation), missing };
}
