/**
 * Numbers as people read them. The dashboard has functions of its own (`dashboard/src/components/numbers.ts`), because
 * commands start without loading the dashboard.
 */

/** `1234567` as `1,234,567`, whatever the machine's language. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 run`, `1,234 runs`. */
export function pluralText(count: number, one: string): string {
  return `${countText(count)} ${one}${Math.round(count) === 1 ? '' : 's'}`;
}

/** `0.93214` as `93.21 %`. */
export function percentText(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
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

/** `75_500` ms as `1 min 15 s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago something was, in one unit, for a column that people scan: `45 s`, `90 min`, `30 h`, `12 d`. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 2 * 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 2 * 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 2 * 24 ? `${hours} h` : `${countText(Math.floor(hours / 24))} d`;
}

/** `0.93214` as `0.9321`. */
export function fixed(value: number): string {
  return value.toFixed(4);
}

/** A share as points with its sign: `+0.42`. */
export function points(share: number): string {
  return signed(100 * share, 2);
}

/** A number with its sign: `+0.42`, `−0.42`; a number that is rounded to 0 has no sign. */
export function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  if (Number(text) === 0) return text.replace('-', '');
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

/** A P value. */
export function probability(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

/** The value as text; undefined, which a table shows as `-`, if the value is not known. */
export function orUnknown(
  value: number | null | undefined,
  text: (value: number) => string,
): string | undefined {
  return value === null || value === undefined ? undefined : text(value);
}

/** `8.1 s`, `12,345 s`. */
export function secondsText(seconds: number): string {
  return `${seconds < 1000 ? seconds.toFixed(1) : countText(seconds)} s`;
}

/** ISO 8601, UTC; null: the time is 0, which means "not yet". */
export function timeText(atMs: number): string | null {
  return atMs === 0 ? null : new Date(atMs).toISOString();
}
