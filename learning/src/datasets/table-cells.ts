/**
 * The rows that a set was made of, for teachers that read a table's columns: each cell as the source has it. Columns
 * that the encoding leaves out, since they tell nothing in train, are here too; columns that the user left out are
 * not.
 *
 * Symbols: N samples, n columns of numbers, c columns of categories.
 */
import { isObject, nameProblem, shownName } from '../files/index.js';
import { type SampleTexts, sampleText, sampleTextsProblem } from './sample-texts.js';

export interface TableColumn {
  readonly name: string;
  readonly kind: 'number' | 'category';
}

export interface TableCells {
  /** [N, n]; NaN: missing. */
  readonly numbers: Float64Array;
  /** [N · c], sample by sample; a missing cell is empty. */
  readonly categories: SampleTexts;
}

/** The cells of one column, by sample. */
export type ColumnCells =
  | { readonly kind: 'number'; at(sample: number): number }
  | { readonly kind: 'category'; at(sample: number): string };

export function countColumns(columns: readonly TableColumn[], kind: TableColumn['kind']): number {
  return columns.filter((column) => column.kind === kind).length;
}

/** Reads the cells of each column, in the order of the columns. */
export function columnCells(
  columns: readonly TableColumn[],
  { numbers, categories }: TableCells,
): ColumnCells[] {
  const [n, c] = [countColumns(columns, 'number'), countColumns(columns, 'category')];
  let [numberCount, categoryCount] = [0, 0];
  return columns.map(({ kind }): ColumnCells => {
    if (kind === 'number') {
      const own = numberCount++;
      return { kind, at: (sample) => numbers[sample * n + own] as number };
    }
    const own = categoryCount++;
    return { kind, at: (sample) => sampleText(categories, sample * c + own) };
  });
}

/** Why the arrays are not the cells of so many samples; undefined: they are. */
export function tableCellsProblem(
  columns: readonly TableColumn[],
  { numbers, categories }: TableCells,
  sampleCount: number,
): string | undefined {
  const wanted = sampleCount * countColumns(columns, 'number');
  if (numbers.length !== wanted) return `want ${wanted} numbers, got ${numbers.length}`;
  const infinite = numbers.findIndex((number) => Math.abs(number) === Number.POSITIVE_INFINITY);
  if (infinite >= 0) return `number ${infinite} is ${numbers[infinite]}`;
  return sampleTextsProblem(categories, sampleCount * countColumns(columns, 'category'));
}

/** Why these are not columns of one table; undefined: they are. */
export function tableColumnsProblem(columns: readonly TableColumn[]): string | undefined {
  const seen = new Set<string>();
  for (const { name } of columns) {
    const problem = nameProblem(name) ?? (seen.has(name) ? 'is there twice' : undefined);
    if (problem !== undefined) return `${shownName(name)} ${problem}`;
    seen.add(name);
  }
  return columns.length === 0 ? 'there are none' : undefined;
}

/** Reads the columns of a set's `meta.json`. @returns undefined if `document` is no list of columns. */
export function readTableColumns(document: unknown): TableColumn[] | undefined {
  if (!Array.isArray(document)) return undefined;
  const columns = document.flatMap((column): TableColumn[] => {
    const { name, kind } = isObject(column) ? column : {};
    const isColumn = typeof name === 'string' && (kind === 'number' || kind === 'category');
    return isColumn ? [{ name, kind }] : [];
  });
  return columns.length === document.length ? columns : undefined;
}
