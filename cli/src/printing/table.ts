/** Rows as text with aligned columns: the one place that lays out a table. */
import { printable } from '@lyceum/proto';

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
    Math.max(...cells.map((line) => displayWidth(line[c] ?? ''))),
  );
  return cells.map((line) =>
    line
      .map((cell, c) => {
        const padding = ' '.repeat((widths[c] ?? 0) - displayWidth(cell));
        return columns[c]?.align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `1234567` as `1,234,567`, whatever the machine's language. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `0.93214` as `93.21 %`. */
export function percentText(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Three significant digits and a unit: `1.23 MB`. */
export function bytesText(bytes: number): string {
  return scaledText(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** `75_500` ms as `1 min 15 s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of block characters. @param share - 0 to 1. */
export function barText(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const bar = '█'.repeat(Math.floor(filled / 8)) + (EIGHTHS[filled % 8] ?? '');
  return bar.padEnd(width, '·');
}

function scaledText(value: number, base: number, units: readonly string[]): string {
  let power = 0;
  let scaled = value;
  while (scaled >= base && power < units.length - 1) {
    scaled /= base;
    power++;
  }
  const digits = power === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${units[power]}`;
}

function cellText(value: string | number | undefined): string {
  if (value === undefined || value === '') return '-';
  // Escapes take room: before widths are measured.
  return printable(String(value).replaceAll(/\s+/g, ' '));
}

/** Code points, which is what names and numbers here take on a terminal. */
function displayWidth(text: string): number {
  return [...text].length;
}
