/** From numbers to places on a drawing. */

export interface Scale {
  readonly ticks: readonly number[];
  /** Share of the axis' length, 0 to 1. */
  readonly place: (value: number) => number;
}

/**
 * An axis whose ticks are 1, 2 or 5 times a power of ten apart.
 *
 * @param tickCount - about so many.
 */
export function linearScale(least: number, most: number, tickCount: number): Scale {
  const { low, high } = opened(least, most);
  const step = roundStep((high - low) / tickCount);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiplied, not added up: 0.3, never 0.30000000000000004.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  return { ticks, place: (value) => (value - low) / (high - low) };
}

/** A range that holds more than one number. */
function opened(least: number, most: number): { low: number; high: number } {
  if (most > least) return { low: least, high: most };
  // What is drawn is never below 0: nothing at all lies at the foot of the axis.
  if (least === 0) return { low: 0, high: 1 };
  const reach = Math.abs(least) / 2;
  return { low: least - reach, high: least + reach };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = rough / power;
  return (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1) * power;
}
