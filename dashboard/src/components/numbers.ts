/**
 * Numbers as text with units, the same in all languages. The command line has functions of its own
 * (`cli/src/printing/text/number-text.ts`), because it starts without loading this package.
 */

/** Shown in place of a value that is not known. */
export const NOT_KNOWN = '–';

export function orNotKnown(
  value: number | null | undefined,
  text: (value: number) => string,
): string {
  return value === null || value === undefined || Number.isNaN(value) ? NOT_KNOWN : text(value);
}

/** `1234567` as `1,234,567`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 run`, `2 runs`. */
export function pluralText(count: number, one: string): string {
  return `${countText(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** `0.93214` as `93.2 %`. */
export function percentText(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** At most four significant digits: `0.1235`, `12,346`. */
export function figureText(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9)) {
    return value.toExponential(2);
  }
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

/** A number of a user's table, as in the user's file: a year has no comma, and a code has all its digits. */
export function cellText(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(7)));
}

/** Four decimals, so that the digits of a column are aligned. */
export function fixedText(value: number): string {
  return value.toFixed(4);
}

/** `−0.42`; a number that is rounded to 0 has no sign. */
export function signedText(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

/** `93.2 % (92.6 – 93.7)`. */
export function intervalText(share: number, low: number, high: number): string {
  return `${percentText(share)} (${(low * 100).toFixed(1)} – ${(high * 100).toFixed(1)})`;
}

/** Three significant digits and a unit: `1.23 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let power = 0;
  let scaled = bytes;
  // The rounded value decides the unit: 999,999 B are 1.00 MB, not 1000 kB.
  const rounded = () => Number(scaled.toPrecision(3));
  while (rounded() >= 1000 && power < units.length - 1) {
    scaled /= 1000;
    power++;
  }
  const digits = power === 0 || rounded() >= 100 ? 0 : rounded() >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${units[power]}`;
}

/** `75` seconds as `1 min 15 s`; below 10 s with a decimal, below 1 s as `420 ms`. */
export function durationText(seconds: number): string {
  if (seconds > 0 && seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `2026-03-01 14:05 UTC`; for 0, which means "not yet", {@link NOT_KNOWN}. */
export function dateText(atMs: number): string {
  return atMs === 0
    ? NOT_KNOWN
    : `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
