/** The result of a measurement, and its lines for a person. */

/** One row of a bench's table, over its repetitions. */
export interface Figure {
  readonly figure: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  readonly repetitions: number;
}

export interface BenchResult {
  readonly name: string;
  /** The bench's one figure: a median. */
  readonly value: number;
  readonly unit: string;
  /** Smallest and largest of the repetitions behind `value`. */
  readonly spread: readonly [low: number, high: number];
  readonly figures: readonly Figure[];
  /** Everything else that is worth knowing, by name. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** This machine lacks something that a bench needs. The message names it, and says how to get it. */
export class NotHereError extends Error {
  override readonly name = 'NotHereError';
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('an empty list has no median');
  return (low + high) / 2;
}

export function spread(values: readonly number[]): [low: number, high: number] {
  return [Math.min(...values), Math.max(...values)];
}

/** @param values - one for each repetition. */
export function figureOf(figure: string, unit: string, values: readonly number[]): Figure {
  const [least, greatest] = spread(values);
  return { figure, unit, median: median(values), least, greatest, repetitions: values.length };
}

/** @returns lines for a person: the figure, then the details as indented JSON. */
export function resultLines({
  name,
  value,
  unit,
  spread: [low, high],
  details,
}: BenchResult): string[] {
  const figure = `${name}: ${value.toFixed(3)} ${unit} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return [figure, JSON.stringify(details, undefined, 2)];
}
