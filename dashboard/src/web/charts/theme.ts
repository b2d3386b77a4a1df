/** Colours for canvases, which do not see style sheets. */
import { signal } from '@preact/signals';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Changes with the colours. */
export const isDark = signal(dark.matches);
dark.addEventListener('change', () => {
  isDark.value = dark.matches;
});

/** @param name - of a custom property of the page, `--line`. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A curve is told apart by its colour and by its dashes, as in `style/components.css`. */
const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
export const STROKE_COUNT = 8;

/** How the curve of that index is drawn. */
export function strokeOf(index: number): { colour: string; dash: number[] } {
  const which = index % STROKE_COUNT;
  return { colour: colour(`--series-${which}`), dash: DASHES[which % DASHES.length] ?? [] };
}
