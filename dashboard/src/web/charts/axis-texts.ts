/** Numbers along an axis as text. Pure. */

/** Digits of most axes; more only where the marks are so close that their numbers need them. */
const USUAL_DIGITS = 3;
const MOST_DIGITS = 9;

/** Numbers of this size and above are written without an exponent. */
const PLAIN_FROM = 1e-3;

/** @param splits - where the axis has its marks: round numbers; null: a mark without a number. */
export function axisTexts(splits: readonly (number | null)[]): string[] {
  let digits = USUAL_DIGITS;
  while (digits < MOST_DIGITS && !splits.every((value) => hasDigits(value ?? 0, digits))) digits++;
  const { format } = Intl.NumberFormat('en', {
    notation: digits === USUAL_DIGITS ? 'compact' : 'standard',
    maximumSignificantDigits: digits,
  });
  return splits.map((value) => {
    if (value === null) return '';
    const isTiny = value !== 0 && Math.abs(value) < PLAIN_FROM;
    return isTiny ? rounded(value, digits).toExponential() : format(value);
  });
}

/** Whether so many digits tell the whole number, but for errors of rounding. */
function hasDigits(value: number, digits: number): boolean {
  return Math.abs(rounded(value, digits) - value) <= 1e-9 * Math.abs(value);
}

function rounded(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
