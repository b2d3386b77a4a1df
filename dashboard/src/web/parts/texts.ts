/** Numbers and times as text, in addition to the functions of `components`. Pure. */
import { figureText, orNotKnown, percentText } from '../../components/index.js';

export function numberText(value: number | null | undefined): string {
  return orNotKnown(value, figureText);
}

export function shareText(share: number | null | undefined): string {
  return orNotKnown(share, (known) => percentText(known, 0));
}

/** `5 min ago`, to the minute, hour or day; the exact time is shown beside it. */
export function agoText(atMs: number, nowMs: number): string {
  const minutes = Math.max(0, (nowMs - atMs) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} d ago`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? '')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
