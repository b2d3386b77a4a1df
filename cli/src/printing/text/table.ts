/** Rows as text with aligned columns: the one place that lays out a table. */
import { printable } from '@lyceum/proto';
import { textWidth } from './text-width.js';

export interface Column<Row> {
  readonly title: string;
  /** What the cell shows; undefined: nothing is known, shown as `-`. */
  readonly value: (row: Row) => string | number | undefined;
  /** Numbers go right, so that their digits stand below each other. */
  readonly align?: 'left' | 'right';
}

/** @returns lines with a heading, two spaces between columns, no spaces at their ends. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => cellText(column.value(row)))),
  ];
  const widths = columns.map((_, c) =>
    cells.reduce((widest, line) => Math.max(widest, textWidth(line[c] ?? '')), 0),
  );
  return cells.map((line) =>
    line
      .map((cell, c) => {
        const padding = ' '.repeat((widths[c] ?? 0) - textWidth(cell));
        return columns[c]?.align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

function cellText(value: string | number | undefined): string {
  if (value === undefined || value === '') return '-';
  // Escapes take room: before widths are measured.
  return printable(String(value).replaceAll(/\s+/g, ' '));
}
