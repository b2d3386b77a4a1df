/** What a measurement ends in, and how it is shown. */

export interface BenchResult {
  readonly name: string;
  /** The bench's one figure: a median. */
  readonly value: number;
  readonly unit: string;
  /** Smallest and largest of the repetitions behind `value`. */
  readonly spread: readonly [low: number, high: number];
  /** Every other figure by name. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** This machine lacks what a bench needs; the message says what, and how to get it. */
export class NotHereError extends Error {
  override readonly name = 'NotHereError';
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('the median of nothing');
  return (low + high) / 2;
}

export function spread(values: readonly number[]): [low: number, high: number] {
  return [Math.min(...values), Math.max(...values)];
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
