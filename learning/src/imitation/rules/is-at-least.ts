/** What sums of fractions may be off: three times 0.7 is less than 2.1. */
const ROUNDING = 1e-9;

/** Whether a mean or a probability is so great, but for rounding. */
export function isAtLeast(value: number, least: number): boolean {
  return value >= least - ROUNDING;
}
