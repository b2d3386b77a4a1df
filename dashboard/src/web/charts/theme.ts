/** Colours for canvases, which style sheets do not reach. */
import { signal } from '@preact/signals';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Whether the dark colours are in use. */
export const isDark = signal(dark.matches);
dark.addEventListener('change', () => {
  isDark.value = dark.matches;
});

/** @param name - of a custom CSS property of the page: `--line`. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Curves differ in colour and in dashes, as in `style/components.css`. */
const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
export const STROKE_COUNT = 8;

/** Colour and dashes of the curve with this index. */
export function strokeOf(index: number): { colour: string; dash: number[] } {
  const which = index % STROKE_COUNT;
  return { colour: colour(`--series-${which}`), dash: DASHES[which % DASHES.length] ?? [] };
}
