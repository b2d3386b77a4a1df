/** Lays out rows as text with aligned columns; all tables of the command line are made here. */
import { printable } from '@lyceum/proto';
import { textWidth } from './text-width.js';

export interface Column<Row> {
  readonly title: string;
  /** Value of the cell; undefined: not known, shown as `-`. */
  readonly value: (row: Row) => string | number | undefined;
  /** `right` for numbers, so that equal digits stand below each other. */
  readonly align?: 'left' | 'right';
}

/** @returns lines, the first with the titles; two spaces between columns, no spaces at the line ends. */
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
  // Escaped here, before widths are measured, because escapes make the text longer.
  return printable(String(value).replaceAll(/\s+/g, ' '));
}
