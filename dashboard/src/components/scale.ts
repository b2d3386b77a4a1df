/** Maps numbers to places on an axis. */

export interface Scale {
  readonly ticks: readonly number[];
  /** The place as a share of the axis's length, 0 to 1. */
  readonly place: (value: number) => number;
}

/**
 * An axis whose ticks are 1, 2 or 5 times a power of ten apart.
 *
 * @param tickCount - approximate number of ticks.
 */
export function linearScale(least: number, most: number, tickCount: number): Scale {
  const { low, high } = opened(least, most);
  const step = roundStep((high - low) / tickCount);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiplied, not summed up: that gives 0.3, not 0.30000000000000004.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  return { ticks, place: (value) => (value - low) / (high - low) };
}

/** The range of an axis; if all values are equal, it is widened. */
function opened(least: number, most: number): { low: number; high: number } {
  if (most > least) return { low: least, high: most };
  // Values are never below 0, so a curve of zeros lies at the foot of the axis.
  if (least === 0) return { low: 0, high: 1 };
  const reach = Math.abs(least) / 2;
  return { low: least - reach, high: least + reach };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = rough / power;
  return (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1) * power;
}
