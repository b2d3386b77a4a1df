/** Reads the figure in a cell of a table: a number, with or without an interval. Pure. */

export interface Figure {
  readonly value: number;
  /** The interval's ends; without an interval both are the value. */
  readonly low: number;
  readonly high: number;
}

const NUMBER = '[+-]?[\\d,]*\\.?\\d+';
/** Forms of a cell: `94.2 %`, `94.08 ± 0.25 %`, `+1.00 (0.74 to 1.25)`. */
const CELL = new RegExp(
  `^(${NUMBER})(?: ± (${NUMBER}))?(?: (?:points|%))?(?: \\((${NUMBER}) to (${NUMBER})\\))?(?: %)?$`,
);

/** @returns the cell's figure; undefined: the cell has none of these forms. */
export function figureOf(cell: string): Figure | undefined {
  const [, value, deviation, low, high] = CELL.exec(cell.replaceAll('−', '-').trim()) ?? [];
  if (value === undefined) return undefined;
  const middle = numberOf(value);
  if (low !== undefined && high !== undefined) {
    return { value: middle, low: numberOf(low), high: numberOf(high) };
  }
  const reach = deviation === undefined ? 0 : numberOf(deviation);
  return { value: middle, low: middle - reach, high: middle + reach };
}

function numberOf(text: string): number {
  return Number(text.replaceAll(',', ''));
}
