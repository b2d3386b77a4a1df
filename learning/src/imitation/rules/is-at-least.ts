/** How far rounding may move a sum of fractions: three times 0.7 is less than 2.1. */
const ROUNDING = 1e-9;

/** Whether a mean or a probability is at least this great, up to rounding. */
export function isAtLeast(value: number, least: number): boolean {
  return value >= least - ROUNDING;
}
