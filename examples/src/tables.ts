/** Figures and tables as examples print them. */
import { pairedInterval } from '@lyceum/learning/ensemble';
import { mean } from './example.js';

export function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(2)} %`;
}

/** Mean ± deviation of shares, n − 1 in its divisor. */
export function overSeeds(shares: readonly number[]): string {
  const middle = mean(shares);
  const squares = shares.reduce((sum, own) => sum + (own - middle) ** 2, 0);
  return `${percent(middle)} ± ${(100 * Math.sqrt(squares / (shares.length - 1))).toFixed(2)}`;
}

/** The mean of differences in points, with its 95 % interval. */
export function meanDifference(points: readonly number[]): string {
  const interval = pairedInterval(points);
  const [middle, low, high] = [interval.mean, interval.low, interval.high].map(signed);
  return `${middle} (${low} to ${high})`;
}

/** Adds a row, and prints it to stderr at once, since a row may take minutes. */
export function addTold(table: string[][], row: string[]): void {
  process.stderr.write(`${row.join('  ')}\n`);
  table.push(row);
}

/** Aligns the first column to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0))) ?? [];
  const pad = (cell: string, k: number) =>
    k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
